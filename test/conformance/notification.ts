import { assert } from 'chai'
import { acknowledge, NotificationError, receiveNotification, refuse, Wechatpay } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'
import * as vectors from './vectors.ts'

/** The merchant, at the time of the notifications. */
const merchant = () =>
  new Wechatpay({
    mchid: '1900000109',
    apiv3Key: vectors.APIV3_KEY,
    apiv2Key: vectors.APIV2_KEY,
    platformKeys: { PUB_KEY_ID_1: keys.OTHER_PUBLIC_KEY },
    now: () => vectors.TIMESTAMP * 1000,
    crypto,
  })

const message = (body: string, headers: Record<string, string> = {}) =>
  new Request('https://example.com/notify', { method: 'POST', body, headers })
const { nonce, body, signature, transaction } = vectors.NOTIFICATION
const signed = (changes: Record<string, string> = {}, text = body) =>
  message(text, {
    'Wechatpay-Timestamp': String(vectors.TIMESTAMP),
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': 'PUB_KEY_ID_1',
    'Wechatpay-Signature': signature,
    ...changes,
  })

export const cases: readonly Case[] = [
  {
    name: 'an APIv3 notification that openssl signed is verified, opened and acknowledged',
    async run() {
      const notification = await receiveNotification(merchant(), signed())
      includes(notification, {
        api: 'v3',
        id: 'EV-2018022511223320873',
        event: 'TRANSACTION.SUCCESS',
        resource: transaction,
        verifiedBy: 'PUB_KEY_ID_1',
      })
      const answer = acknowledge(notification)
      assert.deepEqual([answer.status, await answer.text()], [204, ''])
    },
  },
  ...(
    [
      ['a changed body', signed({}, body.replace('支付', '退款')), 'SIGNATURE_INVALID'],
      ['an old time', signed({ 'Wechatpay-Timestamp': '1554208159' }), 'SIGNATURE_STALE'],
      ["WeChat Pay's probe", signed({ 'Wechatpay-Signature': `WECHATPAY/SIGNTEST/${signature}` }), 'SIGNATURE_PROBE'],
      ['an unknown key', signed({ 'Wechatpay-Serial': 'PUB_KEY_ID_2' }), 'SIGNATURE_UNKNOWN_SERIAL'],
    ] as const
  ).map(([what, request, code]) => ({
    name: `an APIv3 notification with ${what} is refused`,
    async run() {
      const error = await rejection(receiveNotification(merchant(), request.clone()))
      assert.instanceOf(error, NotificationError)
      assert.equal(error.code, code)
      assert.equal(refuse(error).status, 401)
    },
  })),
  {
    name: 'an APIv2 refund notification that openssl encrypted is decrypted and acknowledged in XML, and not said to be proven',
    async run() {
      const xml = `<xml><return_code>SUCCESS</return_code><mch_id>1900000109</mch_id><req_info><![CDATA[${vectors.REQ_INFO.encrypted}]]></req_info></xml>`
      const notification = await receiveNotification(merchant(), message(xml))
      includes(notification, { api: 'v2', event: 'refund-processed', verifiedBy: undefined })
      includes(notification.resource, vectors.REQ_INFO.fields)
      assert.include(await acknowledge(notification).text(), '<return_code>SUCCESS</return_code>')
    },
  },
]
