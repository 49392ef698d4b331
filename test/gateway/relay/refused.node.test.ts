import { beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
})
const NATIVE = '/v3/pay/transactions/native'
const place = (out_trade_no: string, more: object = {}, headers: Record<string, string> = {}) =>
  one.call(NATIVE, json(nativeOrder(one, out_trade_no, more), headers))
const watched = async () => (await one.ledger.depths(mchid)).watched
/** Longer than it takes to write something down behind an answer. */
const written = () => new Promise(resolve => setTimeout(resolve, 100))
const calls = () => one.ledger.calls('shop', { limit: 100 })
const fileSize = () => {
  const [{ bytes }] = one.database.run<{ bytes: number }>(
    'select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()',
  ) as [{ bytes: number }]
  return bytes
}

describe('a caller whose calls are refused makes the ledger grow by little', () => {
  test.each<[string, string, (long: string) => object]>([
    ['an order number', NATIVE, out_trade_no => nativeOrder(one, out_trade_no)],
    ['a number of APIv2', '/v2/pay/unifiedorder', out_trade_no => ({ mch_id: mchid, out_trade_no, total_fee: 1 })],
    [
      'a number that only the query of a watch needs',
      '/v2/pay/unifiedorder',
      sub_appid => ({ mch_id: mchid, out_trade_no: 'T1', total_fee: 1, sub_appid }),
    ],
    [
      'a sub-merchant’s',
      '/v3/refund/domestic/refunds',
      sub_mchid => ({ out_refund_no: 'R1', sub_mchid, amount: { refund: 1, total: 1, currency: 'CNY' } }),
    ],
    ['a number at the checkout', '/checkout/native', out_trade_no => nativeOrder(one, out_trade_no)],
    [
      'a number of a thousand digits',
      '/v3/refund/domestic/refunds',
      () => ({ out_refund_no: 'R1', transaction_id: 0, amount: { refund: 1, total: 1, currency: 'CNY' } }),
    ],
  ])('%s of 100,000 characters is refused, and neither sent nor written down', async (_, path, body) => {
    const before = fileSize()
    const text = JSON.stringify(body('9'.repeat(100_000))).replace(
      '"transaction_id":0',
      `"transaction_id":${'9'.repeat(1000)}`,
    )
    for (let at = 0; at < 5; at++) {
      const response = await one.call(path, { ...json({}), body: text })
      expect([response.status, await response.json()]).toEqual([
        400,
        expect.objectContaining({
          code: 'BODY_INVALID',
          detail: expect.stringMatching(/characters\); use at most 128|not JSON/),
        }),
      ])
    }
    expect([one.simulator.journal.length, await calls(), await watched()]).toEqual([0, [], {}])
    expect(fileSize() - before).toBeLessThan(20_000)
  })

  test('a list in place of a sub-merchant’s number lengthens no number in the ledger', async () => {
    const { merchant } = one.simulator
    const lost = async () => {
      throw new TypeError('the answer is lost')
    }
    one = await one.restart({ merchants: { [mchid]: new Wechatpay({ ...merchant, fetch: lost, retry: false }) } })
    await place('T100001', { sub_mchid: ['9'.repeat(5_000)] })
    await expect.poll(() => one.database.run('select number from watch')).toEqual([{ number: 'T100001' }])
  })

  test('a path of 10,000 characters is refused', async () => {
    const response = await one.call(`/v3/pay/transactions/out-trade-no/${'9'.repeat(10_000)}/close`, json({ mchid }))
    expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'PATH_INVALID' })])
    expect([one.simulator.journal.length, await calls()]).toEqual([0, []])
  })

  test('a number of 128 characters goes to WeChat Pay, and stands whole in the audit trail', async () => {
    const out_trade_no = '9'.repeat(128)
    expect((await place(out_trade_no)).status).toBe(400)
    expect(one.simulator.journal).toHaveLength(1)
    expect(await calls()).toMatchObject([{ numbers: { out_trade_no }, code: 'PARAM_ERROR' }])
  })
})

describe('what is watched', () => {
  test('is no order that WeChat Pay has refused', async () => {
    for (let at = 0; at < 20; at++) expect((await place(`T10000${at}`, { amount: { total: -1 } })).status).toBe(400)
    await expect.poll(watched).toEqual({})
  })

  test('is no order that was refused for the number of calls', async () => {
    one.simulator.faults.add({ kind: 'status', status: 429, path: NATIVE })
    const response = await place('T100001')
    expect(response.status).toBe(429)
    await expect.poll(watched).toEqual({})
  })

  test('is no call that could not be sent', async () => {
    const { merchant, fetch } = one.simulator
    one = await one.restart({ merchants: { [mchid]: new Wechatpay({ ...merchant, fetch, retry: false }) } })
    const refund = { mch_id: mchid, out_trade_no: 'T1', out_refund_no: 'R1', total_fee: 1, refund_fee: 1 }
    // It requires a client certificate.
    expect((await one.call('/v2/secapi/pay/refund', json(refund))).status).toBe(500)
    await expect.poll(watched).toEqual({})
  })

  test('is an order whose answer was lost', async () => {
    const { merchant, fetch } = one.simulator
    const lossy: typeof globalThis.fetch = async (...given) => {
      await fetch(...given)
      throw new TypeError('the answer is lost')
    }
    one = await one.restart({ merchants: { [mchid]: new Wechatpay({ ...merchant, fetch: lossy, retry: false }) } })
    expect((await place('T100001')).status).toBe(502)
    await written()
    await expect.poll(watched).toEqual({ 'v3-order': 1 })
  })

  test('is an order that stands, although another call with its number was refused', async () => {
    expect((await place('T100001')).status).toBe(200)
    expect((await place('T100001', { amount: { total: 7 } })).status).toBe(403)
    expect((await place('T100001', { amount: { total: -1 } })).status).toBe(400)
    await written()
    await expect.poll(watched).toEqual({ 'v3-order': 1 })
  })

  test('is an order that the first attempt of a call placed, although its second was refused', async () => {
    const { merchant, fetch } = one.simulator
    let attempts = 0
    // The order is placed, and WeChat Pay says that it failed; then the number is taken.
    const failing: typeof globalThis.fetch = async (input, init) => {
      const response = await fetch(input, init)
      attempts++
      const [status, code] = attempts === 1 ? [500, 'SYSTEM_ERROR'] : [403, 'OUT_TRADE_NO_USED']
      return response.ok && attempts <= 2 ? Response.json({ code, message: 'x' }, { status }) : response
    }
    const client = new Wechatpay({ ...merchant, fetch: failing, retry: { delay: () => 0 } })
    one = await one.restart({ merchants: { [mchid]: client } })
    const response = await place('T100001')
    expect([response.status, await response.json(), attempts]).toEqual([
      403,
      expect.objectContaining({ code: 'OUT_TRADE_NO_USED' }),
      2,
    ])
    await written()
    await expect.poll(watched).toEqual({ 'v3-order': 1 })
  })

  test('is an order that was placed at the checkout, although what the page needs could not be made of the answer', async () => {
    const { merchant, fetch } = one.simulator
    const client = new Wechatpay({ ...merchant, fetch, retry: false })
    const request = client.request.bind(client)
    Object.assign(client, {
      request: async (...given: Parameters<typeof request>) => ({ ...(await request(...given)), data: {} }),
    })
    one = await one.restart({ merchants: { [mchid]: client } })
    const response = await one.call(
      '/checkout/h5',
      json(nativeOrder(one, 'T100001', { scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } } })),
    )
    expect([response.status, one.simulator.journal.at(-1)!.status]).toEqual([expect.any(Number), 200])
    expect(response.status).toBeGreaterThanOrEqual(400)
    await written()
    await expect.poll(watched).toEqual({ 'v3-order': 1 })
  })

  test('is nothing that an Idempotency-Key only answers again', async () => {
    const key = { 'idempotency-key': 'k' }
    await place('T100001', {}, key)
    one.simulator.pay({ out_trade_no: 'T100001' })
    await one.simulator.settled()
    expect(await watched()).toEqual({})
    const again = await place('T100001', {}, key)
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
    expect((await place('T100002', {}, key)).status).toBe(409)
    await expect.poll(watched).toEqual({})
  })
})
