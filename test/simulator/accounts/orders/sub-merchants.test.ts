import { expect, it } from 'vitest'
import { Wechatpay } from '../../../../src/core/index.ts'
import { createSimulator } from '../../../../src/simulator/index.ts'

// A number of the merchant's is unique within the merchant whose order it is: two sub-merchants may use one.

const SUBS = ['1900000110', '1900000111'] as const
const NUMBER = 'SAME-0001'
const notify_url = 'https://merchant.example/notify'

async function open() {
  const told: string[] = []
  const simulator = await createSimulator({
    seed: 'sub-merchants',
    deliver: async (_, init) => {
      told.push(String(init?.body))
      return new Response(null, { status: 204 })
    },
  })
  const { merchant, fetch, mtlsFetch } = simulator
  return { simulator, told, merchant, wxpay: new Wechatpay({ ...merchant, fetch, mtlsFetch }) }
}

it('an order of APIv3 is separate from that of another sub-merchant with the same number', async () => {
  const { simulator, merchant, wxpay } = await open()
  const { appid: sp_appid, mchid: sp_mchid } = merchant
  const scene = { out_trade_no: NUMBER, description: 'd', notify_url }
  const { partner } = wxpay.v3.pay
  for (const [at, sub_mchid] of SUBS.entries())
    await partner.transactions.native.post({ sp_appid, sp_mchid, sub_mchid, ...scene, amount: { total: 100 + at } })
  await wxpay.v3.pay.transactions.native.post({
    appid: sp_appid,
    mchid: sp_mchid,
    ...scene,
    amount: { total: 102 },
  })
  const query = (sub_mchid: string) =>
    partner.transactions.outTradeNo._out_trade_no_
      .get({ out_trade_no: NUMBER, params: { sp_mchid, sub_mchid } })
      .then(({ data }) => [data.trade_state, data.amount?.total])

  expect(() => simulator.pay({ out_trade_no: NUMBER })).toThrow(/ORDER_AMBIGUOUS/)
  simulator.pay({ out_trade_no: NUMBER, sub_mchid: SUBS[1] })
  expect([await query(SUBS[0]), await query(SUBS[1])]).toEqual([
    ['NOTPAY', 100],
    ['SUCCESS', 101],
  ])
  const { outTradeNo } = partner.transactions
  await outTradeNo._out_trade_no_.close.post({ sp_mchid, sub_mchid: SUBS[0] }, { out_trade_no: NUMBER })
  expect([await query(SUBS[0]), await query(SUBS[1])]).toEqual([
    ['CLOSED', 100],
    ['SUCCESS', 101],
  ])
  await expect(query('1900000112')).rejects.toMatchObject({ serviceCode: 'ORDER_NOT_EXIST' })
})

it('refunds of two sub-merchants with one number are separate', async () => {
  const { simulator, merchant, wxpay } = await open()
  const { appid: sp_appid, mchid: sp_mchid } = merchant
  const refunds = wxpay.v3.refund.domestic.refunds
  for (const [at, sub_mchid] of SUBS.entries()) {
    const scene = { out_trade_no: NUMBER, description: 'd', notify_url, amount: { total: 100 } }
    await wxpay.v3.pay.partner.transactions.native.post({ sp_appid, sp_mchid, sub_mchid, ...scene })
    simulator.pay({ out_trade_no: NUMBER, sub_mchid })
    const amount = { refund: 30 + at, total: 100, currency: 'CNY' }
    await refunds.post({ out_trade_no: NUMBER, out_refund_no: 'R1', sub_mchid, amount })
  }
  for (const [at, sub_mchid] of SUBS.entries()) {
    const { data } = await refunds._out_refund_no_.get({ out_refund_no: 'R1', params: { sub_mchid } })
    expect(data.amount.refund).toBe(30 + at)
    expect(simulator.refund('R1', sub_mchid)).toMatchObject({ refund: 30 + at, sub_mchid })
  }
  expect(() => simulator.refund('R1')).toThrow(/REFUND_AMBIGUOUS/)
})

it('orders, refunds and reversals of APIv2 are separate too', async () => {
  const { simulator, merchant, wxpay } = await open()
  const parties = { appid: merchant.appid, mch_id: merchant.mchid }
  const code = (at: number) => `1300000000000000${String(at).padStart(2, '0')}`
  for (const [at, sub_mch_id] of SUBS.entries())
    await wxpay.v2.pay.micropay.post({
      ...parties,
      sub_mch_id,
      body: 'b',
      out_trade_no: NUMBER,
      total_fee: 100 + at,
      spbill_create_ip: '127.0.0.1',
      auth_code: code(at),
    })
  await wxpay.v2.secapi.pay.reverse.post({ ...parties, sub_mch_id: SUBS[0], out_trade_no: NUMBER })
  const state = async (sub_mch_id: string) => {
    const { data } = await wxpay.v2.pay.orderquery.post({ ...parties, sub_mch_id, out_trade_no: NUMBER })
    return [data.trade_state, data.total_fee]
  }
  expect([await state(SUBS[0]), await state(SUBS[1])]).toEqual([
    ['REVOKED', '100'],
    ['SUCCESS', '101'],
  ])
  const refund = { ...parties, out_trade_no: NUMBER, out_refund_no: 'R1', total_fee: 101, refund_fee: 1 }
  await wxpay.v2.secapi.pay.refund.post({ ...refund, sub_mch_id: SUBS[1] })
  expect([await state(SUBS[0]), await state(SUBS[1])]).toEqual([
    ['REVOKED', '100'],
    ['REFUND', '101'],
  ])
  const mine = wxpay.v2.pay.refundquery.post({ ...parties, sub_mch_id: SUBS[0], out_refund_no: 'R1' })
  await expect(mine).rejects.toMatchObject({ serviceCode: 'REFUNDNOTEXIST' })
  expect(simulator.refund('R1')).toMatchObject({ sub_mchid: SUBS[1] })
})

it('money of several currencies is not added', async () => {
  const { simulator, merchant, wxpay } = await open()
  for (const [fee_type, total_fee] of [
    ['CNY', 100],
    ['HKD', 1750],
    ['JPY', 1750],
  ] as const) {
    const out_trade_no = `CURRENCY-${fee_type}`
    await wxpay.v2.pay.unifiedorder.post({
      appid: merchant.appid,
      mch_id: merchant.mchid,
      body: 'b',
      out_trade_no,
      fee_type,
      total_fee,
      notify_url,
      spbill_create_ip: '127.0.0.1',
      trade_type: 'NATIVE',
    })
    simulator.pay({ out_trade_no })
  }
  const pending = (currency?: string) => simulator.balance('BASIC', currency).pending
  // 0.6 % is WeChat Pay's.
  expect([pending(), pending('HKD'), pending('JPY'), pending('USD')]).toEqual([99, 1739, 1739, 0])
  const parties = { appid: merchant.appid, mch_id: merchant.mchid }
  const refund = { ...parties, out_trade_no: 'CURRENCY-JPY', out_refund_no: 'R1', total_fee: 1750, refund_fee: 1750 }
  await wxpay.v2.secapi.pay.refund.post(refund)
  expect([pending(), pending('HKD'), pending('JPY')]).toEqual([99, 1739, 0])
})
