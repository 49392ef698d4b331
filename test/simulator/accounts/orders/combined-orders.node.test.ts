import { describe, expect, it } from 'vitest'
import { HOUR } from '../../../../src/core/base/time.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf } from '../../test-merchant.ts'

const { simulator, call, received } = await createTestMerchant()
const { appid, mchid } = simulator.merchant
const ROOT = '/v3/combine-transactions'
const sub = (more: object = {}) => ({
  mchid,
  sub_mchid: '1900000110',
  attach: '附加',
  description: 'd',
  out_trade_no: newNumber(),
  amount: { total_amount: 10, currency: 'CNY' },
  ...more,
})
const order = (more: object = {}) => ({
  combine_appid: appid,
  combine_mchid: mchid,
  combine_out_trade_no: newNumber(),
  notify_url: NOTIFY_URL,
  combine_payer_info: { openid: 'oUpF8uMuAJO' },
  sub_orders: [sub(), sub({ sub_mchid: '1900000111' })],
  ...more,
})
type SubOrder = ReturnType<typeof sub>
const place = (body: object, kind = 'jsapi') => call(`POST ${ROOT}/${kind}`, body)
const query = (number: string) => call(`GET ${ROOT}/out-trade-no/${number}`)

describe('a combined order (合单)', () => {
  it.each([
    ['jsapi', {}, { prepay_id: expect.stringMatching(/^wx/) }],
    ['app', {}, { prepay_id: expect.stringMatching(/^wx/) }],
    ['native', {}, { code_url: expect.stringMatching(/^weixin:/) }],
    [
      'h5',
      { scene_info: { device_id: 'D1', payer_client_ip: '1.1.1.1', h5_info: { type: 'Wap' } } },
      { h5_url: expect.stringMatching(/^https:/) },
    ],
  ])('%s', async (kind, more, answer) => {
    expect(await place(order(more), kind)).toEqual(answer)
  })

  it('is paid as a whole, each order with its own number, and notified once', async () => {
    const body = order({ scene_info: { device_id: 'D1', payer_client_ip: '1.1.1.1' } })
    await place(body)
    const open = await query(body.combine_out_trade_no)
    expect(open.sub_orders.map(({ trade_state }: { trade_state: string }) => trade_state)).toEqual(['NOTPAY', 'NOTPAY'])
    const before = received.length
    const combined = simulator.pay({ combine_out_trade_no: body.combine_out_trade_no })
    const told = await query(body.combine_out_trade_no)
    expect(told).toMatchObject({
      combine_appid: appid,
      combine_mchid: mchid,
      combine_out_trade_no: body.combine_out_trade_no,
      combine_transaction_id: combined.combine_transaction_id,
      scene_info: { device_id: 'D1' },
      combine_payer_info: { openid: 'oUpF8uMuAJO' },
      sub_orders: body.sub_orders.map(({ out_trade_no, sub_mchid }) => ({
        mchid,
        sub_mchid,
        out_trade_no,
        trade_type: 'JSAPI',
        trade_state: 'SUCCESS',
        attach: '附加',
        transaction_id: expect.stringMatching(/^4200\d{24}$/),
        success_time: '2026-03-01T20:30:00+08:00',
        amount: { total_amount: 10, currency: 'CNY', payer_amount: 10, payer_currency: 'CNY' },
      })),
    })
    expect(new Set(told.sub_orders.map((one: { transaction_id: string }) => one.transaction_id)).size).toBe(2)
    expect(await call(`GET ${ROOT}/id/${combined.combine_transaction_id}`)).toEqual(told)
    await simulator.settled()
    expect(received.slice(before)).toEqual([{ url: NOTIFY_URL, event: 'TRANSACTION.SUCCESS', resource: told }])
  })

  it.each(['jsapi', 'native', 'app'])('of a direct merchant has no sub-merchants: %s', async kind => {
    const body = order({ sub_orders: [sub({ sub_mchid: undefined }), sub({ sub_mchid: undefined })] })
    await place(body, kind)
    simulator.pay({ combine_out_trade_no: body.combine_out_trade_no })
    const [{ out_trade_no }] = body.sub_orders as [SubOrder, SubOrder]
    const refund = { out_trade_no, out_refund_no: newNumber(), amount: { refund: 10, total: 10, currency: 'CNY' } }
    expect(await call('POST /v3/refund/domestic/refunds', refund)).toMatchObject({ status: 'PROCESSING' })
    const [first] = (await query(body.combine_out_trade_no)).sub_orders
    expect(first).toMatchObject({ mchid, out_trade_no, trade_state: 'REFUND' })
    expect(first).not.toHaveProperty('sub_mchid')
  })

  it('is refunded order by order', async () => {
    const body = order()
    await place(body)
    simulator.pay({ combine_out_trade_no: body.combine_out_trade_no })
    const [{ out_trade_no, sub_mchid }] = body.sub_orders as [SubOrder, SubOrder]
    await call('POST /v3/refund/domestic/refunds', {
      out_trade_no,
      sub_mchid,
      out_refund_no: newNumber(),
      amount: { refund: 10, total: 10, currency: 'CNY' },
    })
    const states = (await query(body.combine_out_trade_no)).sub_orders.map(
      (one: { trade_state: string }) => one.trade_state,
    )
    expect(states).toEqual(['REFUND', 'SUCCESS'])
  })

  it('is closed only with all its orders', async () => {
    const body = order()
    await place(body)
    const close = (sub_orders: object[]) =>
      call(`POST ${ROOT}/out-trade-no/${body.combine_out_trade_no}/close`, { combine_appid: appid, sub_orders })
    const all = body.sub_orders.map(({ mchid, out_trade_no, sub_mchid }) => ({ mchid, out_trade_no, sub_mchid }))
    expect(await refusalOf(close(all.slice(1)))).toEqual([400, 'INVALID_REQUEST'])
    await close(all)
    await close(all)
    const states = (await query(body.combine_out_trade_no)).sub_orders.map(
      (one: { trade_state: string }) => one.trade_state,
    )
    expect(states).toEqual(['CLOSED', 'CLOSED'])
    expect(() => simulator.pay({ combine_out_trade_no: body.combine_out_trade_no })).toThrow(/ORDER_CLOSED/)
    expect(await refusalOf(place(body))).toEqual([400, 'ORDER_CLOSED'])
  })

  it('does not let its orders be paid or queried alone', async () => {
    const body = order()
    const { prepay_id } = await place(body)
    const [{ out_trade_no }] = body.sub_orders as [SubOrder, SubOrder]
    expect(() => simulator.pay({ out_trade_no })).toThrow(/ORDER_COMBINED/)
    const url = `GET /v3/pay/partner/transactions/out-trade-no/${out_trade_no}?sp_mchid=${mchid}&sub_mchid=1900000110`
    expect(await refusalOf(call(url))).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(simulator.pay({ prepay_id })).toMatchObject({ combine_out_trade_no: body.combine_out_trade_no })
    expect(simulator.order(out_trade_no)!.trade_state).toBe('SUCCESS')
  })

  it('is repeated with the same parameters, and refused with others', async () => {
    const body = order()
    const first = await place(body)
    expect(await place(body)).toEqual(first)
    expect(await refusalOf(place({ ...body, sub_orders: [sub()] }))).toEqual([403, 'OUT_TRADE_NO_USED'])
    expect(await refusalOf(place(order({ sub_orders: body.sub_orders })))).toEqual([403, 'OUT_TRADE_NO_USED'])
    const twice = sub()
    expect(await refusalOf(place(order({ sub_orders: [twice, twice] })))).toEqual([403, 'OUT_TRADE_NO_USED'])
    await simulator.advance(2 * HOUR)
    expect((await place(body)).prepay_id).not.toBe(first.prepay_id)
  })

  it('are refused with the documented errors', async () => {
    const refusal = (more: object) => refusalOf(place(order(more)))
    expect(await refusal({ sub_orders: [] })).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal({ sub_orders: Array.from({ length: 51 }, () => sub()) })).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal({ combine_payer_info: {} })).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal({ combine_mchid: '1' })).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal({ combine_appid: 'wx0' })).toEqual([400, 'APPID_MCHID_NOT_MATCH'])
    expect(await refusalOf(query('none-such'))).toEqual([404, 'ORDER_NOT_EXIST'])
  })
})

it('a part of a combined order is shared (分账) and refunded as an order of its own, and listed', async () => {
  const body = order({
    sub_orders: [
      sub({ settle_info: { profit_sharing: true }, amount: { total_amount: 1000, currency: 'CNY' } }),
      sub(),
    ],
  })
  await place(body)
  simulator.pay({ combine_out_trade_no: body.combine_out_trade_no })
  const [{ out_trade_no, sub_mchid }] = body.sub_orders as [SubOrder, SubOrder]
  const { transaction_id, sharing } = simulator.order(out_trade_no, sub_mchid)!
  expect(sharing).toMatchObject({ frozen: 994 })
  const receiver = { type: 'MERCHANT_ID', account: mchid }
  await call('POST /v3/profitsharing/receivers/add', {
    sub_mchid,
    appid,
    ...receiver,
    name: '示例商户',
    relation_type: 'PARTNER',
  })
  await call('POST /v3/profitsharing/orders', {
    sub_mchid,
    appid,
    transaction_id,
    out_order_no: newNumber(),
    receivers: [{ ...receiver, name: '示例商户', amount: 100, description: '分给平台' }],
    unfreeze_unsplit: false,
  })
  expect(simulator.order(out_trade_no, sub_mchid)!.sharing).toMatchObject({ frozen: 894, shared: 100 })
  await call('POST /v3/refund/domestic/refunds', {
    sub_mchid,
    out_trade_no,
    out_refund_no: newNumber(),
    amount: { refund: 500, total: 1000, currency: 'CNY' },
  })
  const [first, second] = (await query(body.combine_out_trade_no)).sub_orders
  expect([first.trade_state, second.trade_state]).toEqual(['REFUND', 'SUCCESS'])
  expect(simulator.combinedOrders(1)).toMatchObject([{ combine_out_trade_no: body.combine_out_trade_no }])
})
