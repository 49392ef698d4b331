import { beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  // Nothing arrives.
  one.simulator.notify.hold()
})
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const later = async (ms: number) => {
  one.clock.now += ms
  const swept = await one.gateway.sweep()
  await one.drain()
  return swept
}
const watched = async () => (await one.ledger.depths(mchid)).watched
const inDoubt = async () => (await one.ledger.depths(mchid)).inDoubt
const told = () => one.shop.received.map(({ body }) => [body.type, body.data.resource as Record<string, unknown>])
/** A gateway whose client gets these answers of WeChat Pay's, in place of those to its own queries. */
const restartWith = async (fetch: typeof globalThis.fetch) => {
  const { merchant, mtlsFetch } = one.simulator
  const client = new Wechatpay({ ...merchant, fetch, mtlsFetch, retry: false })
  one = await one.restart({ merchants: { [mchid]: client } })
}
/** Captures WeChat Pay's response to a call as it comes over the wire. */
const captured = async (ask: (client: Wechatpay) => Promise<unknown>): Promise<() => Response> => {
  let kept: Response | undefined
  const { merchant, fetch } = one.simulator
  const recording: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    kept = response.clone()
    return response
  }
  await ask(new Wechatpay({ ...merchant, fetch: recording }))
  return () => kept!.clone() as Response
}
const place = async (out_trade_no: string) =>
  expect((await one.call('/v3/pay/transactions/native', json(nativeOrder(one, out_trade_no)))).status).toBe(200)

describe('a genuinely signed answer about something else settles nothing', () => {
  test('a paid order of APIv3', async () => {
    await place('T100001')
    await place('T100002')
    one.simulator.pay({ out_trade_no: 'T100002' })
    const other = await captured(client =>
      client.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no: 'T100002', params: { mchid } }),
    )
    await one.ledger.unwatch(mchid, 'v3-order', 'T100002')
    await restartWith(async () => other())
    expect(await later(6 * MINUTE)).toMatchObject({ queried: 1, synthesized: 0 })
    expect([told(), await watched()]).toEqual([[], { 'v3-order': 1 }])
    // The right answer settles it after all.
    await restartWith(one.simulator.fetch)
    one.simulator.pay({ out_trade_no: 'T100001' })
    expect(await later(15 * MINUTE)).toMatchObject({ synthesized: 1 })
    expect(told()[0]![1]).toMatchObject({ out_trade_no: 'T100001' })
  })

  test('a closed order, which would end the watch of a paid one', async () => {
    await place('T100001')
    await place('T100002')
    one.simulator.pay({ out_trade_no: 'T100001' })
    await one.call('/v3/pay/transactions/out-trade-no/T100002/close', json({ mchid }))
    const other = await captured(client =>
      client.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no: 'T100002', params: { mchid } }),
    )
    await one.ledger.unwatch(mchid, 'v3-order', 'T100002')
    await restartWith(async () => other())
    await later(6 * MINUTE)
    expect(await watched()).toEqual({ 'v3-order': 1 })
  })

  test('an order of APIv2, whose signature does not even cover the time', async () => {
    const { appid } = one.simulator.merchant
    const order = { appid, mch_id: mchid, body: '茶', total_fee: '100', notify_url: one.notifyUrl }
    for (const out_trade_no of ['V100001', 'V100002'])
      await one.call(
        '/v2/pay/unifiedorder',
        json({ ...order, out_trade_no, spbill_create_ip: '127.0.0.1', trade_type: 'NATIVE' }),
      )
    one.simulator.pay({ out_trade_no: 'V100002' })
    const query = { appid, mch_id: mchid, out_trade_no: 'V100002' }
    const other = await captured(client => client.request('POST', 'v2/pay/orderquery', { body: query }))
    await one.ledger.unwatch(mchid, 'v2-order', 'V100002')
    await restartWith(async () => other())
    expect(await later(6 * MINUTE)).toMatchObject({ queried: 1, synthesized: 0 })
    expect([told(), await watched()]).toEqual([[], { 'v2-order': 1 }])
  })
})

describe('a call of which nobody knows what became of it', () => {
  const headers = { authorization: 'Bearer x' }
  const doubts = async () => (await (await one.call(`/admin/merchants/${mchid}/doubts`)).json()).doubts

  beforeEach(async () => {
    await place('T100001')
    await restartWith(async () => new Response('<html>', { status: 502 }))
  })

  test('is in doubt after a day of failing queries: logged, counted, listed, warned of', async () => {
    await later(6 * MINUTE)
    expect([await inDoubt(), await doubts()]).toEqual([{}, []])
    for (let hour = 0; hour < 60; hour++) await later(60 * MINUTE)
    expect(await inDoubt()).toEqual({ 'v3-order': 1 })
    expect(one.logged.filter(line => line.includes('"in doubt"'))).toHaveLength(1)
    expect(await doubts()).toMatchObject([{ kind: 'v3-order', number: 'T100001', outcome: 'failed' }])
    const metrics = await (await one.call('/metrics')).text()
    expect(metrics).toContain(`wechatpay_edge_in_doubt{mchid="${mchid}",kind="v3-order"} 1`)
    const health = await (await one.call('/healthz', { headers })).json()
    expect(health.checks).toContainEqual(
      expect.objectContaining({ check: 'doubts', status: 'warn', detail: expect.stringContaining('1 v3-order') }),
    )
  })

  test('is in doubt no longer when the queries find out', async () => {
    for (let hour = 0; hour < 60; hour++) await later(60 * MINUTE)
    one.simulator.pay({ out_trade_no: 'T100001' })
    await restartWith(one.simulator.fetch)
    await later(DAY)
    expect([await inDoubt(), told().map(([type]) => type)]).toEqual([{}, ['TRANSACTION.SUCCESS']])
  })

  test('stays listed when it is not asked for any more, until somebody asks or dismisses it', async () => {
    for (let day = 0; day < 12; day++) await later(DAY)
    expect(await later(30 * DAY)).toMatchObject({ queried: 0 })
    const [{ id }] = await doubts()
    const root = `/admin/merchants/${mchid}/doubts/${id}`
    expect((await one.call(`${root}/ask`, { method: 'POST' })).status).toBe(202)
    expect(await later(MINUTE)).toMatchObject({ queried: 1, synthesized: 0 })
    expect(await inDoubt()).toEqual({ 'v3-order': 1 })
    expect((await one.call(`${root}/dismiss`, { method: 'POST' })).status).toBe(200)
    expect([await inDoubt(), await watched()]).toEqual([{}, {}])
    expect((await one.call(`${root}/dismiss`, { method: 'POST' })).status).toBe(404)
  })

  test('is settled by its notification too', async () => {
    for (let day = 0; day < 12; day++) await later(DAY)
    one.simulator.pay({ out_trade_no: 'T100001' })
    await one.simulator.settled()
    await one.simulator.notify.release()
    await one.drain()
    expect([await inDoubt(), told().map(([type]) => type)]).toEqual([{}, ['TRANSACTION.SUCCESS']])
  })
})
