import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../../src/core/base/time.ts'
import type { Payment } from '../../../../src/simulator/cashier/payment.ts'
import { rfc3339 } from '../../../../src/simulator/clock/time.ts'
import type { Simulator } from '../../../../src/simulator/simulator.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, START, type TestMerchant } from '../../test-merchant.ts'

const { simulator, call, received } = await createTestMerchant()
const { appid, mchid } = simulator.merchant
const order = (more: object = {}) => ({
  appid,
  mchid,
  description: 'd',
  out_trade_no: newNumber(),
  notify_url: NOTIFY_URL,
  amount: { total: 100 },
  ...more,
})
const orderV2 = (more: object = {}) => ({
  appid,
  mch_id: mchid,
  body: 'b',
  out_trade_no: newNumber(),
  total_fee: 100,
  spbill_create_ip: '127.0.0.1',
  notify_url: NOTIFY_URL,
  trade_type: 'NATIVE',
  ...more,
})
const place = (body: object) => call('POST /v3/pay/transactions/native', body)
const query = (out_trade_no: string) => call(`GET /v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=${mchid}`)

describe('a payment', () => {
  it('is notified with the fields of the query, by the API of the order', async () => {
    const body = order({
      attach: '附加',
      settle_info: { profit_sharing: true },
      scene_info: { payer_client_ip: '1.1.1.1', device_id: 'D1' },
    })
    await place(body)
    simulator.pay(body)
    await simulator.settled()
    expect(received.at(-1)).toEqual({
      url: NOTIFY_URL,
      event: 'TRANSACTION.SUCCESS',
      resource: await query(body.out_trade_no),
    })
    expect(received.at(-1)!.resource).toMatchObject({ trade_state: 'SUCCESS', scene_info: { device_id: 'D1' } })
  })

  it.each(['MD5', 'HMAC-SHA256'])(
    'of an APIv2 order is notified by APIv2, with the same sign type: %s',
    async sign_type => {
      const params = orderV2({ attach: '附加', sign_type })
      await call('POST /pay/unifiedorder', params)
      const { transaction_id } = simulator.pay(params)
      await simulator.settled()
      const { event, resource } = received.at(-1)!
      expect(event).toBe('transaction-success')
      expect(resource).toMatchObject({
        return_code: 'SUCCESS',
        result_code: 'SUCCESS',
        appid,
        mch_id: mchid,
        transaction_id,
        attach: '附加',
        out_trade_no: params.out_trade_no,
        total_fee: '100',
        cash_fee: '100',
        fee_type: 'CNY',
        is_subscribe: 'N',
        bank_type: 'OTHERS',
        trade_type: 'NATIVE',
        time_end: '20260301203000',
        openid: expect.any(String),
      })
      expect(resource.sign).toHaveLength(sign_type === 'MD5' ? 32 : 64)
    },
  )

  it('is made by the prepay_id, which the app has', async () => {
    const body = { ...order(), payer: { openid: 'oUpF8uMuAJO' } }
    const { prepay_id } = await call('POST /v3/pay/transactions/jsapi', body)
    expect(simulator.pay({ prepay_id })).toMatchObject({ out_trade_no: body.out_trade_no, trade_state: 'SUCCESS' })
    expect(() => simulator.pay({ prepay_id: 'wx0' })).toThrow(/ORDER_UNKNOWN/)
  })

  it('that fails or is cancelled leaves the order payable', async () => {
    const body = order()
    await place(body)
    expect(simulator.fail(body).trade_state).toBe('NOTPAY')
    expect(simulator.cancel(body).trade_state).toBe('NOTPAY')
    expect(simulator.pay(body).trade_state).toBe('SUCCESS')
    expect(() => simulator.fail(body)).toThrow(/ORDER_PAID/)
  })
})

describe('time', () => {
  const later = async (ms: number): Promise<TestMerchant> => {
    const shop = await createTestMerchant()
    await shop.simulator.advance(ms)
    return shop
  }

  it('closes an order that has a time_expire', async () => {
    const { simulator, call } = await createTestMerchant()
    const body = order({ time_expire: rfc3339(START + 10 * MINUTE) })
    const params = orderV2({ time_start: '20260301203000', time_expire: '20260301204000' })
    await call('POST /v3/pay/transactions/native', body)
    await call('POST /pay/unifiedorder', params)
    await simulator.advance(10 * MINUTE - 1)
    const v3 = () => call(`GET /v3/pay/transactions/out-trade-no/${body.out_trade_no}?mchid=${mchid}`)
    const v2 = () => call('POST /pay/orderquery', { appid, mch_id: mchid, out_trade_no: params.out_trade_no })
    expect([(await v3()).trade_state, (await v2()).trade_state]).toEqual(['NOTPAY', 'NOTPAY'])
    await simulator.advance(1)
    expect([(await v3()).trade_state, (await v2()).trade_state]).toEqual(['CLOSED', 'CLOSED'])
    for (const of of [body, params]) expect(() => simulator.pay(of)).toThrow(/ORDER_CLOSED/)
    expect(await refusalOf(call('POST /v3/pay/transactions/native', body))).toEqual([400, 'ORDER_CLOSED'])
    expect(await refusalOf(call('POST /pay/unifiedorder', params))).toEqual([200, 'ORDERCLOSED'])
  })

  it('closes an order that is read in the list of orders', async () => {
    const { simulator, call } = await createTestMerchant()
    await call('POST /v3/pay/transactions/native', order({ time_expire: rfc3339(START + 10 * MINUTE) }))
    await simulator.advance(10 * MINUTE - 1)
    expect(simulator.orders()).toMatchObject([{ trade_state: 'NOTPAY' }])
    await simulator.advance(1)
    expect(simulator.orders()).toMatchObject([{ trade_state: 'CLOSED' }])
  })

  it.each([
    ['the list of payments', simulator => simulator.payments()[0]],
    ['the text of the QR code', (simulator, code_url) => simulator.payment({ code_url })],
  ] satisfies [string, (simulator: Simulator, code_url: string) => Payment | undefined][])(
    'makes an order unpayable in %s',
    async (_, read) => {
      const { simulator, call } = await createTestMerchant()
      const body = order({ time_expire: rfc3339(START + 10 * MINUTE) })
      const { code_url } = await call('POST /v3/pay/transactions/native', body)
      await simulator.advance(10 * MINUTE - 1)
      expect(read(simulator, code_url)).toMatchObject({ state: 'payable' })
      await simulator.advance(1)
      expect(read(simulator, code_url)?.state).not.toBe('payable')
    },
  )

  it('ends a prepay_id after two hours, and the same parameters get another', async () => {
    const { simulator, call } = await later(0)
    const body = { ...order(), payer: { openid: 'o' } }
    const first = await call('POST /v3/pay/transactions/jsapi', body)
    await simulator.advance(2 * HOUR)
    expect(() => simulator.pay(body)).toThrow(/PREPAY_EXPIRED/)
    const second = await call('POST /v3/pay/transactions/jsapi', body)
    expect(second.prepay_id).not.toBe(first.prepay_id)
    expect(simulator.pay(second)).toMatchObject({ out_trade_no: body.out_trade_no })
  })

  it('closes an order that nobody pays in seven days', async () => {
    const { simulator, call } = await later(0)
    const body = order()
    await call('POST /v3/pay/transactions/native', body)
    await simulator.advance(7 * DAY)
    expect(simulator.order(body.out_trade_no)!.trade_state).toBe('CLOSED')
  })

  it('of APIv2 must be well-formed and a minute ahead', async () => {
    const { call } = await later(0)
    for (const [time_expire, code] of [
      ['20260301203059', 'INVALID_REQUEST'],
      ['20261301203059', 'PARAM_ERROR'],
      ['tomorrow', 'PARAM_ERROR'],
    ] as const)
      expect(await refusalOf(call('POST /pay/unifiedorder', orderV2({ time_expire })))).toEqual([200, code])
  })
})

it('continues from a saved state', async () => {
  const before = await createTestMerchant()
  const [open, paid] = [order(), order()]
  for (const body of [open, paid]) await before.call('POST /v3/pay/transactions/native', body)
  before.simulator.pay(paid)
  const refund = { out_trade_no: paid.out_trade_no, out_refund_no: newNumber(), notify_url: NOTIFY_URL }
  await before.call('POST /v3/refund/domestic/refunds', {
    ...refund,
    amount: { refund: 30, total: 100, currency: 'CNY' },
  })

  await before.simulator.settled()

  const { simulator, call, received } = await createTestMerchant({ state: before.simulator.snapshot() })
  const url = (of: typeof open) => `GET /v3/pay/transactions/out-trade-no/${of.out_trade_no}?mchid=${mchid}`
  expect(await call(url(paid))).toMatchObject({ trade_state: 'REFUND' })
  expect(simulator.pay(open).trade_state).toBe('SUCCESS')
  await simulator.advance(MINUTE)
  expect(simulator.refund(refund.out_refund_no)).toMatchObject({ status: 'SUCCESS' })
  expect(received.map(({ event }) => event)).toEqual(['TRANSACTION.SUCCESS', 'REFUND.SUCCESS'])
})

it('names the sub-merchant of the request in an APIv2 response', async () => {
  const params = orderV2({ sub_mch_id: '1900000110', sub_appid: 'wxsub', trade_type: 'JSAPI', sub_openid: 'osub' })
  expect(await call('POST /pay/unifiedorder', params)).toMatchObject({ sub_mch_id: '1900000110', sub_appid: 'wxsub' })
  simulator.pay(params)
  const own = { appid, mch_id: mchid, out_trade_no: params.out_trade_no }
  expect(await refusalOf(call('POST /pay/orderquery', own))).toEqual([200, 'ORDERNOTEXIST'])
  const found = await call('POST /pay/orderquery', { ...own, sub_mch_id: '1900000110' })
  expect(found).toMatchObject({ sub_mch_id: '1900000110', sub_openid: 'osub', trade_state: 'SUCCESS' })
  const refund = { ...own, out_refund_no: newNumber(), total_fee: 100, refund_fee: 1 }
  expect(await refusalOf(call('POST /secapi/pay/refund', refund))).toEqual([200, 'ORDERNOTEXIST'])
  expect(await call('POST /secapi/pay/refund', { ...refund, sub_mch_id: '1900000110' })).toMatchObject({
    sub_mch_id: '1900000110',
    refund_fee: '1',
  })
})
