import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../../eventually.ts'
import {
  createTestGateway,
  json,
  nativeOrder,
  payOrder,
  payV2Order,
  SECRET,
  type TestGateway,
} from '../test-gateway.ts'

let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
})
const events = () => one.ledger.events(mchid, { limit: 100 })
const outcomes = async () => {
  await one.gateway.flushCounts()
  const counted = await one.ledger.counters()
  return Object.fromEntries(
    counted
      .filter(({ name }) => name === 'wechatpay_edge_notifications_total')
      .map(({ labels, value }) => [labels.outcome, value]),
  )
}

describe('a notification', () => {
  test('is recorded, acknowledged, and delivered as a signed webhook that another library verifies', async () => {
    await payOrder(one, 'T100001')
    expect(one.simulator.notifications).toMatchObject([{ event: 'TRANSACTION.SUCCESS', state: 'delivered' }])
    await one.drain()
    const [got] = one.shop.received
    expect(new Webhook(SECRET).verify(got!.text, Object.fromEntries(got!.headers))).toMatchObject({
      type: 'TRANSACTION.SUCCESS',
      data: {
        mchid,
        api: 'v3',
        source: 'notification',
        id: one.simulator.notifications[0]!.id,
        resource: { out_trade_no: 'T100001', trade_state: 'SUCCESS', amount: { total: 100 } },
      },
    })
    expect(await events()).toMatchObject([{ event: 'TRANSACTION.SUCCESS', repeats: 0 }])
    expect(await one.ledger.depths(mchid)).toMatchObject({ pending: 0, dead: 0 })
  })

  test('whose body breaks off is its sender’s doing, and no failure of the gateway', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = new ReadableStream({ pull: controller => controller.error(new TypeError('terminated')) })
    const response = await one.call(`/notify/${mchid}`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit)
    expect(response.status).toBe(400)
    expect(await outcomes()).toEqual({ incomplete: 1 })
  })

  test('that comes again is acknowledged, and neither recorded nor delivered twice', async () => {
    await payOrder(one, 'T100001')
    await one.drain()
    const { id } = one.simulator.notifications[0]!
    expect(await one.simulator.notify.repeat(id)).toMatchObject({ status: 204 })
    await one.drain()
    expect([one.shop.received.length, (await events()).map(({ repeats }) => repeats)]).toEqual([1, [1]])
    expect(await outcomes()).toEqual({ recorded: 1, duplicate: 1 })
  })

  test('of APIv2 too', async () => {
    await payV2Order(one, 'V100001')
    const [notified] = one.simulator.notifications
    expect(notified).toMatchObject({ api: 'v2', state: 'delivered' })
    await one.simulator.notify.repeat(notified!.id)
    await one.drain()
    expect(
      one.shop.received.map(({ body }) => [body.type, (body.data.resource as { out_trade_no: string }).out_trade_no]),
    ).toEqual([['transaction-success', 'V100001']])
    expect(await outcomes()).toEqual({ recorded: 1, duplicate: 1 })
  })

  test.each([
    ['probe', 'probe'],
    ['stale', 'stale'],
    ['tampered', 'forged'],
  ] as const)('that is a %s is refused and counted', async (flaw, outcome) => {
    await payOrder(one, 'T100001')
    const { id } = one.simulator.notifications[0]!
    expect(await one.simulator.notify[flaw](id)).toMatchObject({ status: 401 })
    expect(await outcomes()).toEqual({ recorded: 1, [outcome]: 1 })
    expect(await events()).toMatchObject([{ repeats: 0 }])
  })

  test('that somebody recorded and sends again is refused as replayed', async () => {
    const sent: Request[] = []
    const { fetch } = one.gateway
    const recording: TestGateway['gateway']['fetch'] = async request => {
      sent.push(request.clone() as Request)
      return fetch(request)
    }
    Object.assign(one.gateway, { fetch: recording })
    await payOrder(one, 'T100001')
    const answer = await fetch(sent.find(({ url }) => url.includes('/notify'))!)
    expect([answer.status, await answer.json()]).toEqual([401, { code: 'FAIL', message: 'REPLAYED' }])
    expect(await outcomes()).toMatchObject({ replayed: 1 })
  })

  test('that is not WeChat Pay’s, not readable, or too large, is refused in the words that WeChat Pay reads', async () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      one.call(`/notify/${mchid}`, { method: 'POST', body, headers })
    const signature = { 'wechatpay-signature': 'YQ==', 'wechatpay-serial': 'A', 'wechatpay-nonce': 'n' }
    const now = String(Math.floor(Date.now() / 1000))
    const forged = await post('{}', { ...signature, 'wechatpay-timestamp': now })
    expect([forged.status, await forged.json()]).toEqual([401, { code: 'FAIL', message: 'SIGNATURE_UNKNOWN_SERIAL' }])
    const unsigned = await post('<xml><return_code>SUCCESS</return_code></xml>')
    expect([unsigned.status, await unsigned.text()]).toEqual([200, expect.stringContaining('FAIL')])
    const large = await post('x'.repeat(64 * 1024 + 1))
    expect([large.status, await large.json()]).toEqual([413, { code: 'FAIL', message: 'BODY_TOO_LARGE' }])
    const streamed = new ReadableStream({
      pull: controller => controller.enqueue(new Uint8Array(100_000)),
    })
    const endless = await one.call(`/notify/${mchid}`, {
      method: 'POST',
      body: streamed,
      duplex: 'half',
    } as RequestInit)
    expect(endless.status).toBe(413)
    expect(await outcomes()).toEqual({ unknown_serial: 1, forged: 1, too_large: 2 })
    expect(await events()).toEqual([])
  })

  test('of an APIv2 refund that nobody encrypted with the key is forged, and accuses no key', async () => {
    const { appid } = one.simulator.merchant
    const fields = {
      return_code: 'SUCCESS',
      appid,
      mch_id: mchid,
      nonce_str: 'n',
      req_info: 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    const body = `<xml>${Object.entries(fields)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')}</xml>`
    const response = await one.call(`/notify/${mchid}`, { method: 'POST', body })
    expect(await response.text()).toContain('FAIL')
    expect(await outcomes()).toEqual({ forged: 1 })
    expect(await one.ledger.faults(mchid)).toEqual([])
  })

  test('of APIv2 is not read where the merchant has no APIv2 key: it may be one of APIv3 whose headers were lost', async () => {
    one = await createTestGateway({}, { apiv2Key: undefined as never })
    let isRead = false
    const body = new ReadableStream(
      {
        pull(controller) {
          isRead = true
          controller.enqueue(new TextEncoder().encode('<xml>'))
        },
      },
      { highWaterMark: 0 },
    )
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const answer = await one.call(`/notify/${mchid}`, init)
    // APIv3 takes the 200 of an XML answer for success.
    expect([answer.status, await answer.json()]).toEqual([401, { code: 'FAIL', message: 'SIGNATURE_MISSING' }])
    expect(isRead).toBe(false)
    expect(one.logged.at(-1)).toMatch(/Wechatpay-Signature.*proxy.*apiv2Key/)
    expect(await outcomes()).toEqual({ forged: 1 })
  })

  test('is acknowledged in time although the outbox hangs, and the log says so', async () => {
    let hangs = 0
    const outbox = {
      enqueue: () => {
        hangs++
        return new Promise<void>(() => {})
      },
    }
    one = await createTestGateway({ outbox })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const paying = payOrder(one, 'T100001')
    await eventually(() => expect(hangs).toBe(1))
    // WeChat Pay waits for 5 s.
    await vi.advanceTimersByTimeAsync(4_500)
    await paying
    expect(one.simulator.notifications).toMatchObject([{ state: 'delivered' }])
    expect([hangs, (await events()).length]).toEqual([1, 1])
    expect(one.logged.filter(line => line.includes('outbox failed'))).toEqual([expect.stringContaining('TimeoutError')])
  })

  test('at an address of nobody’s finds nobody; with one merchant the address may leave it out', async () => {
    const nobody = await one.call('/notify/1', { method: 'POST', body: '{}' })
    expect([nobody.status, await nobody.json()]).toEqual([404, expect.objectContaining({ code: 'MERCHANT_UNKNOWN' })])
    expect((await one.call('/notify', { method: 'POST', body: '<xml/>' })).status).toBe(200)
    expect((await one.call('/notify')).status).toBe(405)
  })

  test('goes to the endpoints that take it, and waits in the ledger where none does', async () => {
    const shop = { url: 'https://shop.example.com/', secrets: [SECRET] }
    one = await createTestGateway({
      endpoints: [
        { ...shop, name: 'refunds', events: ['REFUND.*'] },
        { ...shop, name: 'others', events: ['*'], merchants: ['1'] },
      ],
    })
    await payOrder(one, 'T100001')
    await one.drain()
    expect([one.shop.received, (await events()).length]).toEqual([[], 1])
  })

  test('whose order was placed by hand with another’s notify_url suffix comes in as well', async () => {
    const order = nativeOrder(one, 'T900001', { notify_url: `${one.notifyUrl}/orders/9` })
    await one.call('/v3/pay/transactions/native', json(order))
    one.simulator.pay({ out_trade_no: 'T900001' })
    await one.simulator.settled()
    expect(await events()).toHaveLength(1)
  })
})

describe('a question', () => {
  const ask = (event: string) => one.simulator.notify.send({ url: one.notifyUrl, event })

  test.each(['PARKING_FEE.QUERY_TRANS_INFO', 'CROSS_BORDER_PAY.GET_MCH_INFO'])(
    '%s is answered with what the merchant’s endpoint says, now, and recorded once',
    async event => {
      one.shop.answer = () => Response.json({ fee: 12 })
      const { responseBody, id } = await ask(event)
      expect(JSON.parse(responseBody!)).toEqual({ fee: 12 })
      expect(one.shop.received).toMatchObject([{ body: { type: event, data: { id } } }])
      expect(await events()).toMatchObject([{ event }])
      expect(await one.ledger.deliveries(mchid, { limit: 10 })).toMatchObject([{ state: 'delivered', tries: 1 }])
      expect(one.jobs).toEqual([])
    },
  )

  test('that WeChat Pay asks again is asked again; a copy of it gets no answer', async () => {
    const sent: Request[] = []
    const { fetch } = one.gateway
    Object.assign(one.gateway, {
      fetch: async (request: Request) => {
        sent.push(request.clone() as Request)
        return fetch(request)
      },
    })
    one.shop.answer = received => Response.json({ fee: received })
    const { id } = await ask('PARKING_FEE.QUERY_TRANS_INFO')
    expect((await one.simulator.notify.repeat(id)).responseBody).toBe('{"fee":2}')
    const copy = await fetch(sent[0]!)
    expect([copy.status, await copy.json()]).toEqual([401, { code: 'FAIL', message: 'REPLAYED' }])
    expect([one.shop.received.length, (await events()).length]).toEqual([2, 1])
  })

  test('that was copied gets no answer, however often WeChat Pay has asked it since', async () => {
    const sent: Request[] = []
    const { fetch } = one.gateway
    Object.assign(one.gateway, {
      fetch: async (request: Request) => {
        sent.push(request.clone() as Request)
        return fetch(request)
      },
    })
    one.shop.answer = received => Response.json({ fee: received })
    const { id } = await ask('PARKING_FEE.QUERY_TRANS_INFO')
    for (let at = 0; at < 12; at++) {
      one.clock.now += 10_000
      await one.simulator.notify.repeat(id)
    }
    const copy = await fetch(sent[0]!)
    expect([copy.status, await copy.json()]).toEqual([401, { code: 'FAIL', message: 'REPLAYED' }])
    expect(one.shop.received).toHaveLength(13)
  })

  test.each<[string, () => Response]>([
    ['an error', () => new Response('', { status: 500 })],
    ['no JSON', () => new Response('hello')],
    ['a list', () => Response.json([])],
  ])('whose endpoint gives %s is answered with a failure', async (_, answer) => {
    one.shop.answer = answer
    const sent = await ask('PARKING_FEE.QUERY_TRANS_INFO')
    expect(JSON.parse(sent.responseBody!)).toEqual({ code: 'FAIL', message: 'ENDPOINT_FAILED' })
    // No dead letter: nobody but WeChat Pay asks again.
    expect(await one.ledger.deliveries(mchid, { limit: 10 })).toMatchObject([{ state: 'asking', tries: 1 }])
    expect(await one.ledger.depths(mchid)).toMatchObject({ pending: 0, dead: 0 })
  })
})
