import { beforeEach, describe, expect, it } from 'vitest'
import { HOUR } from '../../../../src/core/base/time.ts'
import { createTestMerchant, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// Codes, messages and formulas: wechatpay-apiv3/wechatpay-skills, wechatpay-medical-insurance-payment (排障手册, 开发参数与业务规则), and
// https://pay.weixin.qq.com/doc/v3/merchant/4016781466. The code of an unknown order is not documented.

const CALLBACK = 'https://hospital.example/paid'
let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let appid: string
let mchid: string
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call } = shop)
  ;({ appid, mchid } = simulator.merchant)
})

/** The documented example: 2020 yuan, of which the patient pays 420. */
const FEES = {
  total_fee: 202000,
  med_ins_gov_fee: 100000,
  med_ins_self_fee: 45000,
  med_ins_other_fee: 5000,
  med_ins_cash_fee: 50000,
  wechat_pay_cash_fee: 42000,
  cash_add_detail: [{ cash_add_fee: 2000, cash_add_type: 'FREIGHT' }],
  cash_reduce_detail: [{ cash_reduce_fee: 10000, cash_reduce_type: 'DEFAULT_REDUCE_TYPE' }],
}
const INSURANCE = {
  pay_order_id: 'ORD530100202204022006350000021',
  pay_auth_no: 'AUTH530100202204022006310000034',
  geo_location: '102.682296,25.054260',
  med_ins_order_create_time: '2026-03-01T20:29:00+08:00',
}
const { wechat_pay_cash_fee: _cash, cash_add_detail: _add, cash_reduce_detail: _reduce, ...SETTLED } = FEES
const INSURANCE_ONLY = { ...INSURANCE, ...SETTLED, total_fee: 150000, med_ins_cash_fee: 0 }

const order = (mix_pay_type: string, more: object = {}) => ({
  mix_pay_type,
  order_type: 'REG_PAY',
  appid,
  openid: 'oPatient',
  payer: { name: '张三', id_digest: '09eb26e839ff3a2e3980352ae45ef09e', card_type: 'ID_CARD' },
  out_trade_no: newNumber(),
  serial_no: 'S1',
  city_id: '530100',
  med_inst_name: '北大医院',
  med_inst_no: '1217752501201407033233368318',
  callback_url: CALLBACK,
  ...more,
})
/** Orders the cash part, as the documents ask, with the same number. */
const prepay = async (out_trade_no: string, total: number, more: object = {}) =>
  (
    await call('POST /v3/pay/transactions/jsapi', {
      appid,
      mchid,
      description: '挂号',
      out_trade_no,
      notify_url: 'https://hospital.example/cash',
      amount: { total },
      payer: { openid: 'oPatient' },
      ...more,
    })
  ).prepay_id as string
const mixed = async (more: object = {}) => {
  const out_trade_no = newNumber()
  const prepay_id = await prepay(out_trade_no, 42000)
  return order('CASH_AND_INSURANCE', { out_trade_no, prepay_id, ...INSURANCE, ...FEES, ...more })
}
const place = (body: object) => call('POST /v3/med-ins/orders', body)
const query = (number: string) => call(`GET /v3/med-ins/orders/out-trade-no/${number}`)
const states = async (number: string) => {
  const { mix_pay_status, self_pay_status, med_ins_pay_status } = await query(number)
  return [mix_pay_status, self_pay_status, med_ins_pay_status]
}
const tellRefund = (mix_trade_no: string, more: object = {}) =>
  call(`POST /v3/med-ins/refunds/notify?mix_trade_no=${mix_trade_no}`, {
    med_refund_total_fee: 150000,
    med_refund_gov_fee: 100000,
    med_refund_self_fee: 45000,
    med_refund_other_fee: 5000,
    refund_time: '2026-03-01T20:31:00+08:00',
    out_refund_no: 'R1',
    ...more,
  })
const refundCash = (out_trade_no: string, refund: number) =>
  call('POST /v3/refund/domestic/refunds', {
    out_trade_no,
    out_refund_no: newNumber(),
    amount: { refund, total: 42000, currency: 'CNY' },
  })
const reverseCash = (out_trade_no: string) => call('POST /secapi/pay/reverse', { appid, mch_id: mchid, out_trade_no })

describe('an order by medical insurance (医保支付)', () => {
  it('is paid in cash first, then by the insurance, notified, and refunded part by part', async () => {
    const body = await mixed()
    const { payer: _, ...told } = body
    const placed = await place(body)
    expect(placed).toEqual({
      ...told,
      mix_trade_no: expect.stringMatching(/^\d{30}$/),
      mix_pay_status: 'MIX_PAY_CREATED',
      self_pay_status: 'SELF_PAY_CREATED',
      med_ins_pay_status: 'MED_INS_PAY_CREATED',
    })
    expect(await query(body.out_trade_no)).toEqual(placed)
    expect(await call(`GET /v3/med-ins/orders/mix-trade-no/${placed.mix_trade_no}`)).toEqual(placed)
    expect(await refusalOf(tellRefund(placed.mix_trade_no))).toEqual([400, 'INVALID_REQUEST'])
    simulator.payMedicalOrder({ out_trade_no: body.out_trade_no })
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_CREATED', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_CREATED'])
    await simulator.advance(2000)
    const paid = {
      ...placed,
      mix_pay_status: 'MIX_PAY_SUCCESS',
      self_pay_status: 'SELF_PAY_SUCCESS',
      med_ins_pay_status: 'MED_INS_PAY_SUCCESS',
      paid_time: '2026-03-01T20:30:02+08:00',
    }
    expect(await query(body.out_trade_no)).toEqual(paid)
    await simulator.settled()
    expect(shop.received).toMatchObject([
      { event: 'TRANSACTION.SUCCESS', url: 'https://hospital.example/cash' },
      { event: 'MEDICAL_INSURANCE.SUCCESS', url: CALLBACK },
    ])
    expect(shop.received[1]!.resource).toEqual(paid)
    // Only the cash part passes through the account.
    expect(simulator.balance('BASIC')).toEqual({ available: 0, pending: 42000 - 252 })
    await tellRefund(placed.mix_trade_no)
    await tellRefund(placed.mix_trade_no)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_SUCCESS', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_REFUND'])
    await refundCash(body.out_trade_no, 2000)
    await simulator.advance(HOUR)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_SUCCESS', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_REFUND'])
    await refundCash(body.out_trade_no, 40000)
    await simulator.advance(HOUR)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_REFUND', 'SELF_PAY_REFUND', 'MED_INS_PAY_REFUND'])
  })

  it('without a cash part is paid by the insurance alone', async () => {
    const body = order('INSURANCE_ONLY', INSURANCE_ONLY)
    await place(body)
    simulator.payMedicalOrder({ out_trade_no: body.out_trade_no })
    await simulator.advance(2000)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_SUCCESS', 'NO_SELF_PAY', 'MED_INS_PAY_SUCCESS'])
    expect(() => simulator.payMedicalOrder({ out_trade_no: body.out_trade_no })).toThrow(/MEDICAL_STATE/)
    const { mix_trade_no } = await query(body.out_trade_no)
    await tellRefund(mix_trade_no)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_REFUND', 'NO_SELF_PAY', 'MED_INS_PAY_REFUND'])
  })

  it('without an insurance part is paid as soon as its order is', async () => {
    const out_trade_no = newNumber()
    const prepay_id = await prepay(out_trade_no, 100)
    await place(order('CASH_ONLY', { out_trade_no, prepay_id, total_fee: 100, wechat_pay_cash_fee: 100 }))
    simulator.pay({ prepay_id })
    expect(await states(out_trade_no)).toEqual(['MIX_PAY_SUCCESS', 'SELF_PAY_SUCCESS', 'NO_MED_INS_PAY'])
    expect(() => simulator.failMedicalOrder({ out_trade_no })).toThrow(/MEDICAL_STATE/)
  })

  it('is refunded by the insurance with no more than it paid', async () => {
    const body = order('INSURANCE_ONLY', INSURANCE_ONLY)
    const { mix_trade_no } = await place(body)
    simulator.payMedicalOrder({ out_trade_no: body.out_trade_no })
    await simulator.advance(2000)
    const refusal = (more: object) => refusalOf(tellRefund(mix_trade_no, more))
    const rule = [403, 'RULE_LIMIT']
    expect(await refusal({ med_refund_total_fee: 150001 })).toEqual(rule)
    expect(await refusal({ med_refund_gov_fee: 100001 })).toEqual(rule)
    expect(await refusal({ med_refund_self_fee: 45001, med_refund_gov_fee: 0 })).toEqual(rule)
    expect(await refusal({ med_refund_other_fee: 5001 })).toEqual(rule)
    expect(await refusal({ med_refund_gov_fee: 99999 })).toEqual(rule)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_SUCCESS', 'NO_SELF_PAY', 'MED_INS_PAY_SUCCESS'])
    await tellRefund(mix_trade_no, { med_refund_total_fee: 5000, med_refund_gov_fee: 0, med_refund_self_fee: 0 })
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_REFUND', 'NO_SELF_PAY', 'MED_INS_PAY_REFUND'])
  })

  it('fails if the insurance refuses, and the cash returns', async () => {
    const body = await mixed()
    await place(body)
    simulator.payMedicalOrder({ out_trade_no: body.out_trade_no })
    simulator.failMedicalOrder({ out_trade_no: body.out_trade_no })
    await simulator.advance(HOUR)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_FAIL', 'SELF_PAY_REFUND', 'MED_INS_PAY_FAIL'])
    expect(simulator.balance('BASIC')).toEqual({ available: 0, pending: 0 })
    expect(simulator.order(body.out_trade_no)).toMatchObject({ trade_state: 'REVOKED' })
    await simulator.settled()
    expect(shop.received.map(({ event }) => event)).toEqual(['TRANSACTION.SUCCESS'])
  })

  it('fails once all of its cash is refunded before the settlement, and is not failed with a part of it', async () => {
    const body = await mixed()
    const { out_trade_no } = body
    await place(body)
    simulator.payMedicalOrder({ out_trade_no })
    await refundCash(out_trade_no, 2000)
    expect(() => simulator.failMedicalOrder({ out_trade_no })).toThrow(/MEDICAL_CASH_REFUNDED: .*refund the rest/)
    expect(await states(out_trade_no)).toEqual(['MIX_PAY_CREATED', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_CREATED'])
    await refundCash(out_trade_no, 40000)
    for (const { out_refund_no } of simulator.refunds()) simulator.refundResult(out_refund_no, 'SUCCESS')
    expect(await states(out_trade_no)).toEqual(['MIX_PAY_FAIL', 'SELF_PAY_REFUND', 'MED_INS_PAY_FAIL'])
    await simulator.advance(HOUR)
    expect(await states(out_trade_no)).toEqual(['MIX_PAY_FAIL', 'SELF_PAY_REFUND', 'MED_INS_PAY_FAIL'])
    await simulator.settled()
    expect(shop.received.map(({ event }) => event)).not.toContain('MEDICAL_INSURANCE.SUCCESS')
  })

  it('is not failed once its cash part is shared (分账), which cannot be reversed', async () => {
    const out_trade_no = newNumber()
    const prepay_id = await prepay(out_trade_no, 42000, { settle_info: { profit_sharing: true } })
    await place(order('CASH_AND_INSURANCE', { out_trade_no, prepay_id, ...INSURANCE, ...FEES }))
    simulator.payMedicalOrder({ out_trade_no })
    const receiver = { type: 'MERCHANT_ID', account: '1900000201' }
    await call('POST /v3/profitsharing/receivers/add', { appid, ...receiver, name: '甲', relation_type: 'STORE' })
    await call('POST /v3/profitsharing/orders', {
      appid,
      transaction_id: simulator.order(out_trade_no)!.transaction_id,
      out_order_no: newNumber(),
      unfreeze_unsplit: false,
      receivers: [{ ...receiver, amount: 1, description: '分账' }],
    })
    expect(() => simulator.failMedicalOrder({ out_trade_no })).toThrow(/^MEDICAL_CASH_REFUNDED/)
    expect(await states(out_trade_no)).toEqual(['MIX_PAY_CREATED', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_CREATED'])
  })

  it('is refunded once its insurance is and its cash part is reversed (撤销)', async () => {
    const body = await mixed()
    const { mix_trade_no } = await place(body)
    simulator.payMedicalOrder({ out_trade_no: body.out_trade_no })
    await simulator.advance(2000)
    await tellRefund(mix_trade_no)
    await reverseCash(body.out_trade_no)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_REFUND', 'SELF_PAY_REFUND', 'MED_INS_PAY_REFUND'])
  })

  it('fails with the order of its cash part, which is reversed before it is paid', async () => {
    const body = await mixed()
    await place(body)
    await reverseCash(body.out_trade_no)
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_FAIL', 'SELF_PAY_FAIL', 'MED_INS_PAY_FAIL'])
  })

  it('fails with the order of its cash part, which closes', async () => {
    const body = await mixed()
    await place(body)
    await call(`POST /v3/pay/transactions/out-trade-no/${body.out_trade_no}/close`, { mchid })
    expect(await states(body.out_trade_no)).toEqual(['MIX_PAY_FAIL', 'SELF_PAY_FAIL', 'MED_INS_PAY_FAIL'])
    expect(() => simulator.payMedicalOrder({ out_trade_no: body.out_trade_no })).toThrow(/MEDICAL_STATE/)
  })

  it('has a number that is used up, as documented', async () => {
    const body = order('INSURANCE_ONLY', INSURANCE_ONLY)
    await place(body)
    expect(await refusalOf(place(body))).toEqual([400, 'ALREADY_EXISTS'])
    expect(await refusalOf(query('none-such'))).toEqual([404, 'NOT_FOUND'])
    const foreign = call(`GET /v3/med-ins/orders/out-trade-no/${body.out_trade_no}?sub_mchid=1900000110`)
    expect(await refusalOf(foreign)).toEqual([404, 'NOT_FOUND'])
  })

  it.each([
    ['a total that is not the sum', { total_fee: 202001 }],
    ['cash that the additions and reductions do not explain', { cash_add_detail: [] }],
    [
      'cash that is not that of the prepaid order',
      { wechat_pay_cash_fee: 41000, med_ins_cash_fee: 49000, total_fee: 201000 },
    ],
    ['no authorization', { pay_auth_no: undefined }],
    ['a fee of the settlement missing', { med_ins_other_fee: undefined, total_fee: 197000 }],
    ['another prepay_id', { prepay_id: 'wx01' }],
  ])('is refused with %s', async (_, more) => {
    expect(await refusalOf(place(await mixed(more)))).toEqual([403, 'RULE_LIMIT'])
  })

  it('is refused with the fields of another type', async () => {
    const refusal = (type: string, more: object) => refusalOf(place(order(type, more)))
    expect(await refusal('INSURANCE_ONLY', { ...INSURANCE_ONLY, prepay_id: 'wx01' })).toEqual([403, 'RULE_LIMIT'])
    const cash = { total_fee: 100, wechat_pay_cash_fee: 100, prepay_id: 'wx01' }
    expect(await refusal('CASH_ONLY', { ...cash, pay_auth_no: 'A1' })).toEqual([403, 'RULE_LIMIT'])
    expect(await refusal('UNKNOWN_MIX_PAY_TYPE', INSURANCE_ONLY)).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal('INSURANCE_ONLY', { ...INSURANCE_ONLY, pay_for_relatives: true })).toEqual([
      400,
      'PARAM_ERROR',
    ])
  })
})
