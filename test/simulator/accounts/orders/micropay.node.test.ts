import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../../../src/core/base/time.ts'
import { createTestMerchant, newNumber, refusalOf } from '../../test-merchant.ts'

const { simulator, call, received } = await createTestMerchant()
const { appid, mchid } = simulator.merchant
const code = () => `13${String(randomInt(1e9)).padStart(9, '0')}${String(randomInt(1e7)).padStart(7, '0')}`
const order = (more: object = {}) => ({
  appid,
  mch_id: mchid,
  body: 'b',
  out_trade_no: newNumber(),
  total_fee: 100,
  spbill_create_ip: '127.0.0.1',
  auth_code: code(),
  ...more,
})
const orderV3 = (more: object = {}) => ({
  appid,
  mchid,
  description: 'd',
  out_trade_no: newNumber(),
  amount: { total: 100 },
  payer: { auth_code: code() },
  scene_info: { store_info: { id: '0001' } },
  ...more,
})
const pay = (params: object) => call('POST /pay/micropay', params)
const own = ({ out_trade_no }: { out_trade_no: string }) => ({ appid, mch_id: mchid, out_trade_no })
const query = (params: { out_trade_no: string }) => call('POST /pay/orderquery', own(params))
const reverse = (params: { out_trade_no: string }) => call('POST /secapi/pay/reverse', own(params))

describe('APIv2', () => {
  it('is paid at once up to 1,000 yuan, without a notification', async () => {
    const params = order()
    const paid = await pay(params)
    expect(paid).toMatchObject({
      out_trade_no: params.out_trade_no,
      trade_type: 'MICROPAY',
      total_fee: '100',
      cash_fee: '100',
      transaction_id: expect.stringMatching(/^4200\d{24}$/),
      openid: expect.any(String),
      bank_type: 'OTHERS',
    })
    expect(await query(params)).toMatchObject({ trade_state: 'SUCCESS', transaction_id: paid.transaction_id })
    await simulator.settled()
    expect(received).toEqual([])
    expect(await refusalOf(pay({ ...params, auth_code: code() }))).toEqual([200, 'ORDERPAID'])
  })

  it('waits for the shopper above 1,000 yuan, and is paid when confirmed', async () => {
    const params = order({ total_fee: 100_001 })
    expect(await refusalOf(pay(params))).toEqual([200, 'USERPAYING'])
    expect(await refusalOf(pay(params))).toEqual([200, 'USERPAYING'])
    expect(await query(params)).toMatchObject({ trade_state: 'USERPAYING', trade_state_desc: '需要用户输入支付密码' })
    expect(await refusalOf(call('POST /pay/closeorder', own(params)))).toEqual([200, 'TRADE_STATE_ERROR'])
    simulator.pay(params)
    expect(await query(params)).toMatchObject({ trade_state: 'SUCCESS', total_fee: '100001' })
  })

  it('fails when the shopper gives up', async () => {
    const params = order({ total_fee: 100_001 })
    await refusalOf(pay(params))
    simulator.cancel(params)
    expect(await query(params)).toMatchObject({ trade_state: 'PAYERROR', trade_state_desc: '支付失败' })
    expect(() => simulator.pay(params)).toThrow(/ORDER_FAILED/)
    expect(await refusalOf(pay({ ...params, auth_code: code() }))).toEqual([200, 'TRADE_ERROR'])
  })

  it('fails when nobody confirms', async () => {
    const { simulator, call } = await createTestMerchant()
    const params = order({ total_fee: 100_001 })
    await refusalOf(call('POST /pay/micropay', params))
    await simulator.advance(MINUTE - 1)
    expect(await call('POST /pay/orderquery', own(params))).toMatchObject({ trade_state: 'USERPAYING' })
    await simulator.advance(1)
    expect(await call('POST /pay/orderquery', own(params))).toMatchObject({ trade_state: 'PAYERROR' })
  })

  it('has the scripted results', async () => {
    simulator.nextMicropay('USERPAYING', 'PAYERROR')
    simulator.nextMicropay('SUCCESS')
    expect(await refusalOf(pay(order()))).toEqual([200, 'USERPAYING'])
    const failing = order()
    expect(await refusalOf(pay(failing))).toEqual([200, 'TRADE_ERROR'])
    expect(await query(failing)).toMatchObject({ trade_state: 'PAYERROR' })
    expect(await pay(order({ total_fee: 100_001 }))).toMatchObject({ total_fee: '100001' })
    expect(await refusalOf(pay(order({ total_fee: 100_001 })))).toEqual([200, 'USERPAYING'])
  })

  it('accepts a code of WeChat Pay once', async () => {
    for (const auth_code of ['1234', '281234567890123456', '16'.padEnd(18, '0')])
      expect(await refusalOf(pay(order({ auth_code })))).toEqual([200, 'AUTH_CODE_INVALID'])
    const params = order()
    await pay(params)
    expect(await refusalOf(pay(order({ auth_code: params.auth_code })))).toEqual([200, 'AUTH_CODE_ERROR'])
  })

  it('refuses a used code for its own order too, and reveals nothing about that order', async () => {
    const { call, simulator } = await createTestMerchant()
    const params = order()
    await call('POST /pay/micropay', params)
    expect(await refusalOf(call('POST /pay/micropay', params))).toEqual([200, 'AUTH_CODE_ERROR'])
    await simulator.advance(MINUTE)
    expect(await refusalOf(call('POST /pay/micropay', params))).toEqual([200, 'AUTHCODEEXPIRE'])
    expect(await call('POST /pay/orderquery', own(params))).toMatchObject({ trade_state: 'SUCCESS' })
    const v3 = orderV3({ out_trade_no: params.out_trade_no, payer: { auth_code: params.auth_code } })
    expect(await refusalOf(call('POST /v3/pay/transactions/codepay', v3))).toEqual([400, 'AUTH_CODE_EXPIRE'])
  })

  it('shares its numbers with prepaid orders', async () => {
    const { out_trade_no } = order()
    await call('POST /v3/pay/transactions/native', {
      appid,
      mchid,
      description: 'd',
      out_trade_no,
      notify_url: 'https://example.com',
      amount: { total: 100 },
    })
    expect(await refusalOf(pay(order({ out_trade_no })))).toEqual([200, 'OUT_TRADE_NO_USED'])
  })
})

describe('reversal (撤销)', () => {
  it('reverses a payment that waits for the shopper', async () => {
    const params = order({ total_fee: 100_001 })
    await refusalOf(pay(params))
    expect(await reverse(params)).toMatchObject({ recall: 'N' })
    expect(await query(params)).toMatchObject({ trade_state: 'REVOKED', trade_state_desc: '订单已撤销' })
    expect(await reverse(params)).toMatchObject({ recall: 'N' })
    expect(() => simulator.pay(params)).toThrow(/ORDER_REVOKED/)
    expect(await refusalOf(pay({ ...params, auth_code: code() }))).toEqual([200, 'ORDERREVERSED'])
  })

  it('returns the money of a paid order', async () => {
    const { simulator, call } = await createTestMerchant()
    const params = order({ total_fee: 10_000 })
    await call('POST /pay/micropay', params)
    expect(simulator.balance()).toEqual({ available: 0, pending: 9_940 })
    await call('POST /secapi/pay/reverse', own(params))
    expect(simulator.balance()).toEqual({ available: 0, pending: 0 })
    const refund = { ...own(params), out_refund_no: newNumber(), total_fee: 10_000, refund_fee: 1 }
    expect(await refusalOf(call('POST /secapi/pay/refund', refund))).toEqual([200, 'TRADE_STATE_ERROR'])
  })

  it('must be called again if scripted', async () => {
    const params = order()
    await pay(params)
    simulator.nextReverse(1)
    expect(await refusalOf(reverse(params))).toEqual([200, 'SYSTEMERROR'])
    expect(simulator.order(params.out_trade_no)!.trade_state).toBe('SUCCESS')
    expect(await reverse(params)).toMatchObject({ recall: 'N' })
    expect(simulator.order(params.out_trade_no)!.trade_state).toBe('REVOKED')
  })

  it('are refused with the documented errors', async () => {
    expect(await refusalOf(reverse({ out_trade_no: 'none-such' }))).toEqual([200, 'ORDERNOTEXIST'])
    const refunded = order()
    await pay(refunded)
    await call('POST /secapi/pay/refund', {
      ...own(refunded),
      out_refund_no: newNumber(),
      total_fee: 100,
      refund_fee: 1,
    })
    expect(await refusalOf(reverse(refunded))).toEqual([200, 'TRADE_STATE_ERROR'])
    const old = order()
    await pay(old)
    await simulator.advance(7 * DAY)
    expect(await refusalOf(reverse(old))).toEqual([200, 'REVERSE_EXPIRE'])
  })
})

describe('APIv3', () => {
  const ROOT = '/v3/pay/transactions'

  it('is paid at once', async () => {
    const body = orderV3()
    const paid = await call(`POST ${ROOT}/codepay`, body)
    expect(paid).toMatchObject({ trade_type: 'MICROPAY', trade_state: 'SUCCESS', amount: { total: 100 } })
    expect(await call(`GET ${ROOT}/out-trade-no/${body.out_trade_no}?mchid=${mchid}`)).toEqual(paid)
    expect(await refusalOf(call(`POST ${ROOT}/codepay`, { ...body, payer: { auth_code: code() } }))).toEqual([
      400,
      'ORDERPAID',
    ])
  })

  it('shows little until the shopper confirms', async () => {
    const body = orderV3({ amount: { total: 100_001 } })
    const waiting = { appid, mchid, out_trade_no: body.out_trade_no, trade_state: 'USERPAYING' }
    expect(await call(`POST ${ROOT}/codepay`, body)).toEqual(waiting)
    expect(await call(`POST ${ROOT}/out-trade-no/${body.out_trade_no}/reverse`, { appid, mchid })).toEqual({
      appid,
      mchid,
      out_trade_no: body.out_trade_no,
    })
    expect(await refusalOf(call(`POST ${ROOT}/codepay`, { ...body, payer: { auth_code: code() } }))).toEqual([
      403,
      'TRADE_ERROR',
    ])
  })

  it('has the fields of a service provider', async () => {
    const { appid: _appid, mchid: _mchid, ...rest } = orderV3()
    const parties = { sp_appid: appid, sp_mchid: mchid, sub_mchid: '1900000110' }
    const partner = '/v3/pay/partner/transactions'
    expect(await call(`POST ${partner}/codepay`, { ...rest, ...parties })).toMatchObject({
      ...parties,
      trade_state: 'SUCCESS',
      payer: { sp_openid: expect.any(String) },
    })
    expect(await refusalOf(call(`POST ${ROOT}/out-trade-no/${rest.out_trade_no}/reverse`, { appid, mchid }))).toEqual([
      404,
      'ORDER_NOT_EXIST',
    ])
    expect(await call(`POST ${partner}/out-trade-no/${rest.out_trade_no}/reverse`, parties)).toMatchObject(parties)
  })

  it('are refused with the documented errors', async () => {
    expect(await refusalOf(call(`POST ${ROOT}/codepay`, orderV3({ payer: { auth_code: '1' } })))).toEqual([
      400,
      'AUTH_CODE_INVALID',
    ])
    simulator.nextMicropay('PAYERROR')
    expect(await refusalOf(call(`POST ${ROOT}/codepay`, orderV3()))).toEqual([403, 'TRADE_ERROR'])
  })
})
