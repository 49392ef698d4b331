import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { type Genuine, type ManInTheMiddle, openManInTheMiddle } from '../man-in-the-middle.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

// Somebody ends the connection to WeChat Pay, has no key, and wants the gateway to give up a paid order. A caller in league with them
// asks for an order that does not exist whenever they need a fresh, genuinely signed ORDER_NOT_EXIST: they withhold it from the
// caller, and hand it over as the response to the gateway's own query.

let one: TestGateway
let mchid: string
let middle: ManInTheMiddle
/** Withheld, and not yet handed over. */
let stock: Genuine[]
let isLying: boolean
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  one.simulator.notify.hold()
  middle = await openManInTheMiddle(one.simulator)
  const client = new Wechatpay({ ...one.simulator.merchant, baseUrl: middle.baseUrl, retry: false })
  one = await one.restart({ merchants: { [mchid]: client } })
  stock = []
  tellTruth()
})
afterEach(() => middle.close())

const DAY = 24 * 60 * 60_000
const NATIVE = '/v3/pay/transactions/native'
const NOTHING: Genuine = { status: 502, headers: [], body: Buffer.from('<html>') }
const lie = () => {
  isLying = true
  middle.respond = async request => {
    if (request.method !== 'GET') return middle.forward(request)
    if (!request.url.includes('NOBODY')) return stock.shift() ?? NOTHING
    const withheld = await middle.forward(request)
    expect(withheld.status).toBe(404)
    stock.push(withheld)
    return NOTHING
  }
}
const tellTruth = () => {
  isLying = false
  middle.respond = middle.forward
}
const queries = () => middle.requests.filter(({ name }) => name.endsWith('/T100001')).length
const place = async (more: object = {}) => (await one.call(NATIVE, json(nativeOrder(one, 'T100001', more)))).status
const later = async (ms: number) => {
  one.clock.now += ms
  if (isLying && stock.length === 0) await one.call(`/v3/pay/transactions/out-trade-no/NOBODY?mchid=${mchid}`)
  const swept = await one.gateway.sweep()
  await one.drain()
  return swept
}
const watched = async () => (await one.ledger.depths(mchid)).watched
const inDoubt = async () => (await one.ledger.depths(mchid)).inDoubt
const received = () => one.shop.received.map(({ body }) => body.type)

describe('a signed ORDER_NOT_EXIST that belongs to another query', () => {
  test('does not end the watch of an order that WeChat Pay accepted and the shopper paid', async () => {
    expect(await place()).toBe(200)
    one.simulator.pay({ out_trade_no: 'T100001' })
    lie()
    for (let day = 0; day < 60; day++) await later(DAY)
    expect([await watched(), received()]).toEqual([{ 'v3-order': 1 }, []])
    tellTruth()
    await later(DAY)
    expect([await watched(), received()]).toEqual([{}, ['TRANSACTION.SUCCESS']])
  })

  test('nor where the order has expired', async () => {
    const time_expire = new Date(one.clock.now + 30 * 60_000).toISOString().replace(/\.\d+Z/, '+00:00')
    expect(await place({ time_expire })).toBe(200)
    one.simulator.pay({ out_trade_no: 'T100001' })
    lie()
    for (let day = 0; day < 3; day++) await later(DAY)
    tellTruth()
    await later(DAY)
    expect(received()).toEqual(['TRANSACTION.SUCCESS'])
  })

  test('nor where the call broke off, and a query has named the order since', async () => {
    middle.respond = async request => ({ ...(await middle.forward(request)), headers: [], body: Buffer.from('{}') })
    expect(await place()).toBe(502)
    tellTruth()
    await later(6 * 60_000)
    one.simulator.pay({ out_trade_no: 'T100001' })
    lie()
    for (let day = 0; day < 20; day++) await later(DAY)
    tellTruth()
    await later(DAY)
    expect(received()).toEqual(['TRANSACTION.SUCCESS'])
  })

  test('is a doubt at once: logged, counted, listed; and over when WeChat Pay names the order', async () => {
    await place()
    lie()
    await later(6 * 60_000)
    expect(await inDoubt()).toEqual({ 'v3-order': 1 })
    const line = one.logged.find(text => text.includes('"in doubt"'))
    expect(JSON.parse(line!)).toMatchObject({ kind: 'v3-order', number: 'T100001', outcome: 'contradicted' })
    const metrics = await (await one.call('/metrics')).text()
    expect(metrics).toContain(`wechatpay_edge_swept_total{kind="v3-order",mchid="${mchid}",outcome="contradicted"} 1`)
    const { doubts } = await (await one.call(`/admin/merchants/${mchid}/doubts`)).json()
    expect(doubts).toMatchObject([{ number: 'T100001', outcome: 'contradicted' }])
    tellTruth()
    await later(DAY)
    expect([await inDoubt(), await watched()]).toEqual([{}, { 'v3-order': 1 }])
  })

  test('is asked again with growing pauses, until retention ends, and listed after that', async () => {
    await place()
    lie()
    for (let minute = 0; minute < 24 * 60; minute++) await later(60_000)
    const firstDay = queries()
    for (let day = 1; day < 90; day++) await later(DAY)
    const atRetention = queries()
    for (let day = 0; day < 5; day++) await later(DAY)
    expect(firstDay).toBeLessThan(15)
    expect(atRetention - firstDay).toBeGreaterThan(80)
    expect([queries() - atRetention, await inDoubt()]).toEqual([1, { 'v3-order': 1 }])
  })
})

test('an order whose call broke off before it took effect is given up when WeChat Pay does not know it', async () => {
  middle.respond = async () => NOTHING
  expect(await place()).toBe(502)
  tellTruth()
  for (let day = 0; day < 9; day++) await later(DAY)
  expect([await watched(), await inDoubt()]).toEqual([{}, {}])
})
