import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Notification, receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { startAppV2, startJsapiV2 } from '../../../src/flows/payment/index.ts'
import { crypto as webcrypto } from '../../webcrypto.ts'
import { APIV2_KEY, APIV3_KEY, createSender, MCHID, post, signed, signedText, signText, xml } from './signer.ts'

// An attacker holds one text that WeChat Pay or the merchant has signed, and tries to make an event of it.

const wxpay = new Wechatpay({ mchid: MCHID, apiv2Key: APIV2_KEY, apiv3Key: APIV3_KEY, crypto: webcrypto })
const receive = (body: string, client = wxpay): Promise<Notification> => receiveNotification(client, post(body))
const refusal = (body: string, client = wxpay) =>
  receive(body, client).then(
    ({ event }) => `taken as ${event}`,
    error => error.code,
  )

/** A notification of a payment, as WeChat Pay documents it. */
const PAID = {
  return_code: 'SUCCESS',
  result_code: 'SUCCESS',
  appid: 'wxd930ea5d5a258f4f',
  mch_id: MCHID,
  nonce_str: '5d2b6c2a8db53831f7eda20af46e531c',
  openid: 'oUpF8uMEb4qRXf22hE3X68TekukE',
  trade_type: 'JSAPI',
  bank_type: 'CFT',
  total_fee: '1',
  cash_fee: '1',
  attach: 'uid=7&batch=2',
  transaction_id: '1004400740201409030005092168',
  out_trade_no: '1409811653',
  time_end: '20140903131540',
}
/** The response to a query for an order that nobody has paid. */
const UNPAID = {
  return_code: 'SUCCESS',
  return_msg: 'OK',
  result_code: 'SUCCESS',
  appid: 'wxd930ea5d5a258f4f',
  mch_id: MCHID,
  nonce_str: 'ndeDK9KpRfGCyQ5N',
  out_trade_no: '1409811653',
  total_fee: '1',
  trade_state: 'NOTPAY',
  trade_state_desc: '订单未支付',
  device_info: 'WEB',
}
const CONTRACT = {
  mch_id: MCHID,
  appid: 'wxd930ea5d5a258f4f',
  contract_code: '100001256',
  plan_id: '123',
  openid: 'oHZx6uMbIG46UXQ3',
  change_type: 'ADD',
  operate_time: '2015-07-01 10:00:00',
  contract_id: 'Wx15463511252015071056489715',
  request_serial: '1695',
  contract_display_account: '微信代扣',
  return_code: 'SUCCESS',
  result_code: 'SUCCESS',
}

describe('a genuine APIv2 notification passes', () => {
  it('with text in "attach" that looks like fields', async () => {
    expect(await receive(xml(await signed(PAID)))).toMatchObject({
      event: 'transaction-success',
      id: `transaction-success/${PAID.transaction_id}/SUCCESS`,
      verifiedBy: 'HMAC-SHA256',
    })
  })

  it('with fields that no definition has', async () => {
    const { event } = await receive(xml(await signed({ ...PAID, is_new: 'yes', settlement_total_fee: '1' })))
    expect(event).toBe('transaction-success')
  })

  it('of a contract', async () => {
    expect(await refusal(xml(await signed(CONTRACT)))).toBe('taken as pap-contract-state-changed')
  })
})

describe('a signed response with more in it is no event', () => {
  const nested = (name: string) => `<${name}><x>1</x></${name}>`
  const repeated = (name: string) => `<${name}>1</${name}><${name}>2</${name}>`

  it.each<[string, string]>([
    ['transaction-success', nested('transaction_id')],
    ['transaction-success', repeated('transaction_id')],
    ['transactions-risk-occurred', nested('risk_level')],
    ['pap-contract-state-changed', nested('change_type') + nested('contract_id') + nested('operate_time')],
    ['vehicle-state-changed-for-parking', repeated('vehicle_event_createtime') + nested('plate_number')],
    ['combined-transactions-success', nested('combine_out_trade_no') + nested('combine_mch_id')],
    ['risk with its list', `${nested('risk_level')}<transaction_id_list><data/></transaction_id_list>`],
  ])('%s: %s', async (_, more) => {
    expect(await refusal(xml(await signed(UNPAID), more))).toBe('SIGNATURE_PARTIAL')
  })

  it('nor as one that hides a field in an empty, unsigned one', async () => {
    const more = '<change_type/><contract_id></contract_id><transaction_id></transaction_id>'
    expect(await refusal(xml(await signed(UNPAID), more))).toBe('NOTIFICATION_UNKNOWN')
  })

  it('a genuine notification whose amount is repeated is refused whole', async () => {
    expect(await refusal(xml(await signed(PAID), '<extra><total_fee>999900</total_fee></extra>'))).toBe(
      'SIGNATURE_PARTIAL',
    )
  })
})

describe('a signed text of another kind is no notification as it stands', () => {
  const paidOrder = { ...UNPAID, ...PAID, trade_state: 'SUCCESS', trade_state_desc: '支付成功' }
  it.each<[string, Record<string, string>]>([
    ['a query for an unpaid order', UNPAID],
    ['a query for a paid order', paidOrder],
    ['a query for a refunded order', { ...PAID, trade_state: 'REFUND' }],
    ['a bar-code payment (付款码)', { ...PAID, trade_type: 'MICROPAY' }],
    ['a face payment', { ...PAID, trade_type: 'FACEPAY' }],
    ['an order placed', { ...PAID, prepay_id: 'wx20141', code_url: 'weixin://x' }],
    ['a text of the merchant’s', { nonce_str: '1', mch_id: MCHID }],
  ])('the response to %s', async (_, fields) => {
    expect(await refusal(xml(await signed(fields)))).toBe('NOTIFICATION_UNKNOWN')
  })

  it('the parameters of a payment page or app, with or without more', async () => {
    const payment = { appid: 'wxd930ea5d5a258f4f', prepay_id: 'wx201410272009395522657a690389285100' }
    const { appId, paySign, ...page } = await startJsapiV2(wxpay, payment)
    const { sign, ...app } = await startAppV2(wxpay, payment)
    const texts = [
      { appId, ...page, sign: paySign },
      { ...app, sign },
    ] as unknown as Record<string, string>[]
    for (const text of texts) {
      expect(await refusal(xml(text))).toBe('NOTIFICATION_UNKNOWN')
      expect(await refusal(xml(text, '<change_type><a>ADD</a></change_type><contract_id><a>1</a></contract_id>'))).toBe(
        'SIGNATURE_PARTIAL',
      )
    }
  })

  it('the signed URL of a contract, with or without more', async () => {
    const url = await wxpay.v2.papay.entrustweb.url({
      params: {
        appid: 'wxd930ea5d5a258f4f',
        mch_id: MCHID,
        plan_id: 123,
        contract_code: '100001256',
        request_serial: 1695,
        contract_display_account: '微信代扣',
        notify_url: 'https://shop.example/',
        version: '1.0',
        timestamp: '1414488825',
      },
    })
    const fields = Object.fromEntries(new globalThis.URL(url).searchParams)
    const more = ['change_type', 'contract_id', 'operate_time', 'openid']
      .map(name => `<${name}><a>1</a></${name}>`)
      .join('')
    expect(await refusal(xml(fields))).toBe('NOTIFICATION_UNKNOWN')
    expect(await refusal(xml(fields, more))).toBe('SIGNATURE_PARTIAL')
  })
})

describe('the error for what only a response has names that field', () => {
  it.each([
    ['trade_state', { ...PAID, trade_state: 'NOTPAY' }],
    ['trade_type', { ...PAID, trade_type: 'MICROPAY' }],
    ['prepay_id', { ...PAID, prepay_id: 'wx' }],
  ])('%s is named in the error', async (field, fields) => {
    const error = await receiveNotification(wxpay, post(xml(await signed(fields)))).catch(error => error)
    expect(error).toMatchObject({ code: 'NOTIFICATION_UNKNOWN', message: expect.stringContaining(`its "${field}"`) })
  })
})

describe('a signed text that can be read in two ways is refused', () => {
  it('whose "attach", chosen by a caller, holds a notification, and whose last field swallows the response', async () => {
    const attach = [
      'x',
      'bank_type=CFT',
      `mch_id=${MCHID}`,
      'nonce_str=n',
      'openid=o',
      'out_trade_no=FORGED',
      'result_code=SUCCESS',
      'return_code=SUCCESS',
      'total_fee=999900',
      'trade_type=JSAPI',
      'transaction_id=4200000000000000',
      'z=',
    ].join('&')
    const response = { ...UNPAID, attach }
    const sign = await signText(signedText(response))
    const [head, tail] = signedText(response).split('&z=')
    const forged = Object.fromEntries(head!.split('&').map(pair => pair.split(/=(.*)/s)))
    const message = { ...forged, z: tail!, sign }
    // The very text that was signed.
    expect(signedText(message)).toBe(signedText(response))
    expect(await refusal(xml(message))).toBe('SIGNATURE_PARTIAL')
  })

  it('of which a field swallows what tells a response', async () => {
    const { trade_state, trade_state_desc, ...rest } = { ...PAID, trade_state: 'SUCCESS', trade_state_desc: '支付成功' }
    const sign = await signText(signedText({ ...rest, trade_state, trade_state_desc }))
    const total_fee = `1&trade_state=${trade_state}&trade_state_desc=${trade_state_desc}`
    expect(await refusal(xml({ ...rest, total_fee, sign }))).toBe('SIGNATURE_PARTIAL')
  })
})

describe('however a signed text is cut into fields anew,', () => {
  const names = Object.keys({ ...PAID, ...UNPAID, z: '' })
  const injected = fc
    .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom('1', '999900', MCHID, 'SUCCESS', '')), { maxLength: 12 })
    .map(pairs => ['x', ...pairs.map(([name, value]) => `${name}=${value}`)].join('&'))
  /** Cut at every second place, and nearly everywhere: only what is cut like the genuine one may be taken. */
  const cutsOf = (max: number) =>
    fc.array(
      fc.integer({ min: 0, max }).map(drawn => drawn > 0),
      { minLength: 40, maxLength: 40 },
    )

  it('what is taken says of the payment what the genuine one said', async () => {
    let taken = 0
    const property = fc.asyncProperty(
      fc.constantFrom<Record<string, string>>(PAID, UNPAID, { ...UNPAID, ...PAID, trade_state: 'REFUND' }),
      injected,
      fc.oneof(cutsOf(1), cutsOf(9)),
      async (genuine, attach, cuts) => {
        const text = signedText({ ...genuine, attach })
        const sign = await signText(text)
        const fields: [string, string][] = []
        for (const [at, part] of text.split('&').entries()) {
          const [, name, value] = /^([a-z_]+)=(.*)$/s.exec(part) ?? []
          const last = fields.at(-1)
          // Cuts mostly, and where two fields would have one name never.
          const isCut = name !== undefined && (cuts[at] || cuts[at + 1]) && !fields.some(([other]) => other === name)
          if (isCut || !last) fields.push([name!, value!])
          else last[1] += `&${part}`
        }
        const message = xml({ ...Object.fromEntries(fields), sign })
        const notification = await receive(message).catch(() => undefined)
        if (!notification) return
        taken++
        expect(genuine).toBe(PAID)
        const { attach: _, ...told } = PAID
        expect(notification.resource).toMatchObject(told)
      },
    )
    await fc.assert(property, { numRuns: 2_000 })
    expect(taken).toBeGreaterThan(0)
  })
})

describe('a JSON notification of APIv2 (免押)', () => {
  const message = {
    mch_id: MCHID,
    appid: 'wx',
    algorithm: 'HMAC-SHA256',
    nonce_str: 'n',
    event_id: 'E1',
    event_create_time: '20260101100000',
    event_type: 'CHECK.SUCCESS',
    event_algorithm: 'AEAD_AES_256_GCM',
    event_nonce: '0123456789ab',
    event_associated_data: 'transaction',
    event_ciphertext: 'AAAA',
  }

  it('whose fields the signature does not cover is refused', async () => {
    const { event_type, ...others } = message
    const body = { ...(await signed(others)), event_type: [event_type] }
    expect(await refusal(JSON.stringify(body))).toBe('SIGNATURE_PARTIAL')
    expect(await refusal(JSON.stringify({ ...(await signed(message)), total: 1 }))).toBe('SIGNATURE_PARTIAL')
  })

  it('without a field that its definition requires is refused', async () => {
    const { event_algorithm: _, ...others } = message
    expect(await refusal(JSON.stringify(await signed(others)))).toBe('NOTIFICATION_UNKNOWN')
  })

  it('with a name that holds another field is refused', async () => {
    const { appid: _, mch_id, ...others } = message
    const fields = { [`appid=wx&mch_id=${mch_id}&a`]: 'b', ...others, mch_id }
    expect(await refusal(JSON.stringify(await signed(fields as typeof message)))).toMatch(/PARTIAL|UNKNOWN/)
  })

  it('for another merchant is refused', async () => {
    expect(await refusal(JSON.stringify(await signed({ ...message, mch_id: '1900000999' })))).toBe('MERCHANT_MISMATCH')
  })
})

describe('a refund of APIv2', () => {
  const BLOCK = 16
  /** `printf %s 192006250b4c09247ec02edce69f6a2d | openssl md5` */
  const ECB_KEY = 'd96eb16afdd491fa1e705096edbc2205'
  /** Encrypts as WeChat Pay does: ECB, each block by itself. */
  async function reqInfo(text: string): Promise<Uint8Array> {
    const plain = new TextEncoder().encode(text)
    const length = BLOCK - (plain.length % BLOCK)
    const padded = new Uint8Array([...plain, ...new Uint8Array(length).fill(length)])
    const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(ECB_KEY), 'AES-CBC', false, ['encrypt'])
    const out: number[] = []
    for (let at = 0; at < padded.length; at += BLOCK) {
      const iv = new Uint8Array(BLOCK)
      const block = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, padded.slice(at, at + BLOCK))
      out.push(...new Uint8Array(block).slice(0, BLOCK))
    }
    return new Uint8Array(out)
  }
  const refundOf = (id: string, fee: string) =>
    `<root><out_refund_no>${id}</out_refund_no><refund_id>5000${id}</refund_id><refund_fee>${fee}</refund_fee><refund_status>SUCCESS</refund_status></root>`

  it('put together from blocks of two genuine ones opens, and is therefore not said to be proven', async () => {
    const [one, two] = [
      await reqInfo(refundOf('R00000000001', '100000')),
      await reqInfo(refundOf('R00000000002', '999999')),
    ]
    // The seventh block holds the amount.
    const spliced = one.map((byte, at) => (at >= 96 && at < 112 ? two[at]! : byte))
    const info = btoa(String.fromCharCode(...spliced))
    const message = { return_code: 'SUCCESS', appid: 'wx', mch_id: MCHID, nonce_str: 'n', req_info: info }
    const { verifiedBy, resource } = await receive(xml(message))
    expect(resource).toMatchObject({ out_refund_no: 'R00000000001', refund_fee: '999999', refund_status: 'SUCCESS' })
    expect(verifiedBy).toBeUndefined()
    expect(await refusal(xml({ ...message, mch_id: '1900000999' }))).toBe('MERCHANT_MISMATCH')
  })
})

describe('with one key at two merchants', () => {
  let sender: Awaited<ReturnType<typeof createSender>>
  let one: Wechatpay
  let other: Wechatpay
  beforeAll(async () => {
    sender = await createSender()
    const client = (mchid: string) =>
      new Wechatpay({
        mchid,
        apiv2Key: APIV2_KEY,
        apiv3Key: APIV3_KEY,
        platformKeys: sender.platformKeys,
        crypto: webcrypto,
      })
    one = client(MCHID)
    other = client('1900000999')
  })

  it.each<[string, string, object]>([
    ['an order', 'TRANSACTION.SUCCESS', { mchid: MCHID, out_trade_no: '1' }],
    ['a service provider’s order', 'TRANSACTION.SUCCESS', { sp_mchid: MCHID, sub_mchid: '1900000999' }],
    ['a combined order', 'TRANSACTION.SUCCESS', { combine_mchid: MCHID, sub_orders: [{ mchid: '1900000999' }] }],
    ['a refund', 'REFUND.SUCCESS', { mchid: MCHID, out_refund_no: '1' }],
    ['a transfer', 'MCHTRANSFER.BILL.FINISHED', { mch_id: MCHID, out_bill_no: '1' }],
  ])('%s of the one is not taken by the other', async (_, event, resource) => {
    expect((await receiveNotification(one, await sender.notification(event, resource))).event).toBe(event)
    await expect(receiveNotification(other, await sender.notification(event, resource))).rejects.toMatchObject({
      name: 'NotificationError',
      code: 'MERCHANT_MISMATCH',
      message: expect.stringContaining('1900000999'),
    })
  })

  it.each<[string, string, object]>([
    ['that names no merchant', 'COMPLAINT.CREATE', { complaint_id: '1' }],
    ['that names a sub-merchant alone', 'VIOLATION.PUNISH', { sub_mchid: '1900000111' }],
    ['whose mchid may be a sub-merchant', 'MALL_TRANSACTION.SUCCESS', { mchid: '1900000111' }],
    ['of an event that no definition has', 'NEW_PRODUCT.DONE', { mchid: '1900000111' }],
  ])('one %s passes', async (_, event, resource) => {
    expect((await receiveNotification(one, await sender.notification(event, resource))).event).toBe(event)
  })

  it('an APIv2 notification of the one is not taken by the other', async () => {
    expect(await refusal(xml(await signed(PAID)), other)).toBe('MERCHANT_MISMATCH')
    const combined = {
      return_code: 'SUCCESS',
      result_code: 'SUCCESS',
      combine_appid: 'wx',
      combine_mch_id: MCHID,
      nonce_str: 'n',
      combine_out_trade_no: '1',
      trade_type: 'JSAPI',
      sign_type: 'HMAC-SHA256',
      sub_order_list: '{"order_num":1,"order_list":[{"attach":"a=1&b=2"}]}',
    }
    expect(await refusal(xml(await signed(combined)), other)).toBe('MERCHANT_MISMATCH')
    expect(await refusal(xml(await signed(combined)), one)).toBe('taken as combined-transactions-success')
  })
})
