import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { type Genuine, type ManInTheMiddle, openManInTheMiddle } from '../man-in-the-middle.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

// Somebody ends the connection to WeChat Pay, has no key, and sends genuine, signed responses again as those to other calls.

let one: TestGateway
let mchid: string
let middle: ManInTheMiddle
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  middle = await openManInTheMiddle(one.simulator)
  const client = new Wechatpay({ ...one.simulator.merchant, baseUrl: middle.baseUrl, mtlsFetch: fetch, retry: false })
  one = await one.restart({ merchants: { [mchid]: client } })
})
afterEach(() => middle.close())

const NATIVE = '/v3/pay/transactions/native'
const place = (out_trade_no: string, more: object = {}) => one.call(NATIVE, json(nativeOrder(one, out_trade_no, more)))
const close = (out_trade_no: string) =>
  one.call(`/v3/pay/transactions/out-trade-no/${out_trade_no}/close`, json({ mchid }))
const watched = async () => (await one.ledger.depths(mchid)).watched
/** Keeps the response to a call, and has WeChat Pay carry out all later ones, but that response come back. */
const replayFrom = async (call: () => Promise<Response>): Promise<Response> => {
  let kept: Genuine | undefined
  middle.respond = async request => {
    kept = await middle.forward(request)
    return kept
  }
  const first = await call()
  middle.respond = async request => {
    await middle.forward(request)
    return kept!
  }
  return first
}
const REPLAYED = expect.objectContaining({ code: 'RESPONSE_REPLAYED', mayHaveTakenEffect: true })

describe('a signed response that was received before', () => {
  test('does not pass for the refusal of an order that was placed: it is in doubt, watched, and its payment is told', async () => {
    expect((await replayFrom(() => place('T100001', { amount: { total: -1 } }))).status).toBe(400)
    const second = await place('T100002')
    expect([second.status, await second.json()]).toEqual([502, REPLAYED])
    await expect.poll(watched).toEqual({ 'v3-order': 1 })
    middle.respond = middle.forward
    one.simulator.notify.hold()
    one.simulator.pay({ out_trade_no: 'T100002' })
    one.clock.now += 6 * 60_000
    expect(await one.gateway.sweep()).toMatchObject({ synthesized: 1 })
  })

  test('does not pass for that of an order at the checkout', async () => {
    await replayFrom(() => place('T100001', { amount: { total: -1 } }))
    const second = await one.call('/checkout/native', json(nativeOrder(one, 'T100002')))
    expect([second.status, await second.json()]).toEqual([502, REPLAYED])
  })

  test('does not pass for the empty success of a call that names no number', async () => {
    for (const number of ['T100001', 'T100002']) expect((await place(number)).status).toBe(200)
    expect((await replayFrom(() => close('T100001'))).status).toBe(204)
    expect((await close('T100002')).status).toBe(502)
  })

  test('does not pass though its signature is written in another way', async () => {
    await replayFrom(() => place('T100001', { amount: { total: -1 } }))
    const replay = middle.respond
    middle.respond = async request => {
      const { headers, ...rest } = await replay(request)
      const rewritten = headers.map(
        ([name, value]) =>
          [name, name === 'wechatpay-signature' ? `${value.slice(0, 9)} ${value.slice(9)}` : value] as const,
      )
      return { ...rest, headers: rewritten }
    }
    expect((await place('T100002')).status).toBe(502)
  })

  test('does not pass in APIv2, whose signature does not even cover the time', async () => {
    const { appid } = one.simulator.merchant
    const query = (out_trade_no: string) =>
      one.call('/v2/pay/orderquery', json({ appid, mch_id: mchid, out_trade_no, sign_type: 'HMAC-SHA256' }))
    const first = await replayFrom(() => query('NOBODY'))
    expect(await first.json()).toMatchObject({ err_code: 'ORDERNOTEXIST' })
    const second = await query('T100002')
    expect([second.status, await second.json()]).toEqual([502, expect.objectContaining({ code: 'RESPONSE_REPLAYED' })])
  })

  test('does not end the watch of a paid order, once it was relayed to a caller', async () => {
    await place('T100001')
    one.simulator.notify.hold()
    one.simulator.pay({ out_trade_no: 'T100001' })
    await replayFrom(() => one.call(`/v3/pay/transactions/out-trade-no/NOBODY?mchid=${mchid}`))
    one.clock.now += 6 * 60_000
    await one.gateway.sweep()
    expect(one.logged.find(line => line.includes('query failed'))).toContain('RESPONSE_REPLAYED')
    expect(await watched()).toEqual({ 'v3-order': 1 })
  })
})

test('calls of the same content, one after the other, are each answered', async () => {
  const statuses: number[] = []
  for (let number = 0; number < 40; number++) statuses.push((await place('T100001')).status)
  expect(new Set(statuses)).toEqual(new Set([200]))
})
