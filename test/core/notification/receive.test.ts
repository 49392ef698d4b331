import { describe, expect, it } from 'vitest'
import {
  acknowledge,
  isEvent,
  NotificationError,
  receiveNotification,
  refuse,
  Wechatpay,
} from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

/** A merchant's server behind a `fetch`: what it was sent, and what it made of it. */
async function merchant(options: Parameters<typeof createSimulator>[0] = {}) {
  const sent: Request[] = []
  const simulator = await createSimulator({
    seed: 'core',
    ...options,
    deliver: async (input, init) => {
      const request = new Request(input, init)
      sent.push(request.clone())
      return new Response(null, { status: 204 })
    },
  })
  const { fetch, mtlsFetch, certificates } = simulator
  // A merchant that migrates from certificates to the public key configures both, so no certificates are fetched.
  const platformKeys = { ...simulator.merchant.platformKeys, ...(options.platform === 'both' && certificates) }
  return { simulator, sent, wxpay: new Wechatpay({ ...simulator.merchant, platformKeys, fetch, mtlsFetch }) }
}

const ORDER = { description: 'Tea', out_trade_no: 'tea20261121', notify_url: 'https://shop.example/notify' }

async function paid({ simulator, wxpay }: { simulator: Simulator; wxpay: Wechatpay }): Promise<void> {
  const { appid, mchid } = simulator.merchant
  await wxpay.v3.pay.transactions.native.post({ ...ORDER, appid, mchid, amount: { total: 100 } })
  simulator.pay({ out_trade_no: ORDER.out_trade_no })
  await simulator.settled()
}

describe.each(['public-key', 'certificate', 'both'] as const)(
  'a notification of APIv3, WeChat Pay in %s mode',
  platform => {
    it('is verified, opened and typed', async () => {
      const shop = await merchant({ platform })
      await paid(shop)
      const notification = await receiveNotification(shop.wxpay, shop.sent[0]!)
      if (!isEvent(notification, 'TRANSACTION.SUCCESS')) throw new Error(`an event ${notification.event}`)
      expect(notification.resource.out_trade_no).toBe(ORDER.out_trade_no)
      expect(notification.resource.amount?.total).toBe(100)
      expect(notification.verifiedBy).toBe(shop.sent[0]!.headers.get('wechatpay-serial'))
      expect(notification.message).not.toHaveProperty('out_trade_no')
    })
  },
)

describe('a notification that is not to be acted on', () => {
  const change = (request: Request, headers: Record<string, string | null>, body?: (text: string) => string) =>
    request.text().then(text => {
      const changed = new Headers(request.headers)
      for (const [name, value] of Object.entries(headers))
        if (value === null) changed.delete(name)
        else changed.set(name, value)
      return new Request(request.url, { method: 'POST', headers: changed, body: body ? body(text) : text })
    })

  it.each<[string, string, number, Record<string, string | null>, ((text: string) => string)?]>([
    ['a byte of its body changed', 'SIGNATURE_INVALID', 401, {}, text => text.replace('TRANSACTION', 'TRANSACTI0N')],
    ['a test signature', 'SIGNATURE_PROBE', 401, { 'wechatpay-signature': 'WECHATPAY/SIGNTEST/x' }],
    ['a timestamp of last year', 'SIGNATURE_STALE', 401, { 'wechatpay-timestamp': '1700000000' }],
    ['no timestamp', 'SIGNATURE_MISSING', 401, { 'wechatpay-timestamp': null }],
    ['a key that is not WeChat Pay’s', 'SIGNATURE_UNKNOWN_SERIAL', 401, { 'wechatpay-serial': 'PUB_KEY_ID_0' }],
  ])('%s is %s, answered %i', async (_, code, status, headers, body) => {
    const shop = await merchant()
    await paid(shop)
    const error = await receiveNotification(shop.wxpay, await change(shop.sent[0]!, headers, body)).catch(
      error => error,
    )
    expect(error).toBeInstanceOf(NotificationError)
    expect(error.code).toBe(code)
    const answer = refuse(error)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual({ code: 'FAIL', message: code })
  })

  it('says that the APIv3 key is wrong, and tells WeChat Pay nothing of it', async () => {
    const shop = await merchant()
    await paid(shop)
    const { merchant: own } = shop.simulator
    const other = new Wechatpay({ ...own, apiv3Key: 'x'.repeat(32) })
    const error = await receiveNotification(other, shop.sent[0]!).catch(error => error)
    expect(error).toMatchObject({ name: 'NotificationError', code: 'DECRYPTION_FAILED' })
    expect(error.message).toMatch(/"apiv3Key"/)
    expect(JSON.stringify(error)).not.toMatch(/ciphertext|xxxxx/)
  })

  it('requires the option that reading it needs', async () => {
    const shop = await merchant()
    await paid(shop)
    const { apiv3Key: _, ...own } = shop.simulator.merchant
    await expect(receiveNotification(new Wechatpay(own), shop.sent[0]!)).rejects.toMatchObject({
      name: 'ConfigurationError',
      option: 'apiv3Key',
    })
  })

  it.each([
    ['nothing', '', 'NOT_XML'],
    ['half a message', '<xml><a>1', 'NOT_XML'],
    ['an unsigned one', '<xml><transaction_id>1</transaction_id></xml>', 'SIGNATURE_MISSING'],
    ['one signed with another key', `<xml><a>1</a><sign>${'0'.repeat(32)}</sign></xml>`, 'SIGNATURE_INVALID'],
    [
      'a refund encrypted with another key',
      '<xml><req_info>MDEyMzQ1Njc4OWFiY2RlZg==</req_info></xml>',
      'DECRYPTION_FAILED',
    ],
    ['JSON that is no notification', '{}', 'SIGNATURE_MISSING'],
    ['JSON cut short', '{"a":', 'NOT_JSON'],
  ])('without the headers of APIv3: %s', async (_, body, code) => {
    const { wxpay } = await merchant()
    const request = new Request('https://shop.example/notify', { method: 'POST', body })
    await expect(receiveNotification(wxpay, request)).rejects.toMatchObject({ name: 'NotificationError', code })
  })
})

describe('a notification of APIv2', () => {
  const place = async ({ simulator, wxpay }: Awaited<ReturnType<typeof merchant>>) => {
    const { appid, mchid: mch_id } = simulator.merchant
    await wxpay.v2.pay.unifiedorder.post({
      appid,
      mch_id,
      body: 'Tea',
      out_trade_no: ORDER.out_trade_no,
      total_fee: 100,
      trade_type: 'NATIVE',
      spbill_create_ip: '127.0.0.1',
      notify_url: ORDER.notify_url,
    })
    simulator.pay({ out_trade_no: ORDER.out_trade_no })
    await simulator.settled()
  }

  it('is verified and named', async () => {
    const shop = await merchant()
    await place(shop)
    const notification = await receiveNotification(shop.wxpay, shop.sent[0]!)
    if (!isEvent(notification, 'transaction-success')) throw new Error(`an event ${notification.event}`)
    expect(notification.resource.out_trade_no).toBe(ORDER.out_trade_no)
    expect(notification.id).toBe(`transaction-success/${notification.resource.transaction_id}/SUCCESS`)
    expect(await acknowledge(notification).text()).toBe(
      '<xml><return_code>SUCCESS</return_code><return_msg>OK</return_msg></xml>',
    )
  })

  it('of a refund is opened with the APIv2 key', async () => {
    const shop = await merchant()
    await place(shop)
    const { appid, mchid: mch_id } = shop.simulator.merchant
    await shop.wxpay.v2.secapi.pay.refund.post({
      appid,
      mch_id,
      out_trade_no: ORDER.out_trade_no,
      out_refund_no: 'back1',
      total_fee: 100,
      refund_fee: 30,
      notify_url: ORDER.notify_url,
    })
    await shop.simulator.advance(60_000)
    await shop.simulator.settled()
    const received = await Promise.all(shop.sent.map(request => receiveNotification(shop.wxpay, request)))
    const refund = received.find(one => isEvent(one, 'refund-processed'))
    if (!refund || !isEvent(refund, 'refund-processed')) throw new Error('no refund')
    expect(refund.resource).toMatchObject({ out_refund_no: 'back1', refund_fee: '30', refund_status: 'SUCCESS' })
    expect(refund.id).toBe(`refund-processed/${refund.resource.refund_id}/SUCCESS`)
  })

  it('that is refused is answered in XML', async () => {
    const { wxpay } = await merchant()
    const request = new Request('https://shop.example/notify', { method: 'POST', body: '<xml><a>1</a></xml>' })
    const error = await receiveNotification(wxpay, request).catch(error => error)
    const answer = refuse(error)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(
      '<xml><return_code>FAIL</return_code><return_msg>SIGNATURE_MISSING</return_msg></xml>',
    )
  })
})

describe('answers', () => {
  it('an APIv3 notification that was taken: 204, no body', async () => {
    const answer = acknowledge({ api: 'v3' })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
  })

  it('a question: with what it asks for', async () => {
    expect(await acknowledge({ api: 'v3' }, { total: 1 }).json()).toEqual({ total: 1 })
  })

  it('what failed on our side: 500, and nothing told of it', async () => {
    const answer = refuse(new Error('password hunter2'))
    expect([answer.status, await answer.json()]).toEqual([500, { code: 'FAIL', message: 'not accepted' }])
  })
})
