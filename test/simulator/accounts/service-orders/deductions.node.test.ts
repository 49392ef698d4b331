import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../../../src/core/base/time.ts'
import { fen, readBill, sum } from '../../bill/bill-reader.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// The deduction of a service order (支付分扣款) is a transaction: orders, refunds, bills and profit sharing know it.

const service_id = '2002000000000558128851361561536'
const RECEIVER = '1900000201'
const DATE = '2026-03-01'

let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let received: TestMerchant['received']
beforeEach(async () => {
  ;({ simulator, call, received } = await createTestMerchant())
})

describe.each([
  ['a merchant', '/v3/payscore/serviceorder', undefined],
  ['a partner', '/v3/payscore/partner/serviceorder', '1900000110'],
])('the deduction of a service order of %s', (_, root, sub_mchid) => {
  /** Pays a service order of ten yuan. */
  async function paid(completion: object = {}) {
    const { appid } = simulator.merchant
    const party: Record<string, string> = sub_mchid ? { service_id, sub_mchid } : { service_id, appid }
    const out_order_no = newNumber()
    const { order_id } = await call(`POST ${root}`, {
      ...party,
      appid,
      ...(sub_mchid && { sub_appid: 'wx1234567890123456' }),
      out_order_no,
      service_introduction: '充电宝',
      time_range: { start_time: 'OnAccept' },
      risk_fund: { name: 'DEPOSIT', amount: 1_000 },
      notify_url: NOTIFY_URL,
    })
    simulator.confirmServiceOrder(out_order_no, sub_mchid)
    const fees = { total_amount: 1_000, post_payments: [{ name: '费用', amount: 1_000 }] }
    await call(`POST ${root}/${out_order_no}/complete`, { ...party, ...fees, ...completion })
    simulator.payServiceOrder(out_order_no, sub_mchid)
    const query = new URLSearchParams({ ...party, out_order_no })
    const { collection, openid } = await call(`GET ${root}?${query}`)
    const { transaction_id } = collection.details[0] as { transaction_id: string }
    return { order_id: order_id as string, out_order_no, openid: openid as string, transaction_id }
  }
  const transactions = sub_mchid ? '/v3/pay/partner/transactions' : '/v3/pay/transactions'
  const transaction = (number: string) => {
    const { mchid } = simulator.merchant
    const query = new URLSearchParams(
      sub_mchid
        ? [
            ['sp_mchid', mchid],
            ['sub_mchid', sub_mchid],
          ]
        : { mchid },
    )
    return call(`GET ${transactions}/${number}?${query}`)
  }
  const refund = (number: object) =>
    call('POST /v3/refund/domestic/refunds', {
      ...number,
      ...(sub_mchid && { sub_mchid }),
      out_refund_no: newNumber(),
      notify_url: NOTIFY_URL,
      amount: { refund: 400, total: 1_000, currency: 'CNY' },
    })

  it('is found by the numbers that WeChat Pay has chosen, and names the service order in its attach', async () => {
    const { order_id, out_order_no, openid, transaction_id } = await paid()
    const found = await transaction(`id/${transaction_id}`)
    expect(found).toMatchObject({
      transaction_id,
      trade_type: 'AUTH',
      trade_state: 'SUCCESS',
      attach: `wxzff|${order_id}|${out_order_no}`,
      amount: { total: 1_000, payer_total: 1_000, currency: 'CNY' },
      payer: sub_mchid ? { sp_openid: openid } : { openid },
      ...(sub_mchid && { sub_mchid, sub_appid: 'wx1234567890123456' }),
    })
    expect(found.out_trade_no).toMatch(/^\d{28}$/)
    expect(await transaction(`out-trade-no/${found.out_trade_no}`)).toEqual(found)
    expect(await refusalOf(transaction(`out-trade-no/${out_order_no}`))).toEqual([404, 'ORDER_NOT_EXIST'])
    const { appid, mchid } = simulator.merchant
    const v2 = { appid, mch_id: mchid, transaction_id, ...(sub_mchid && { sub_mch_id: sub_mchid }) }
    expect(await call('POST /pay/orderquery', v2)).toMatchObject({
      out_trade_no: found.out_trade_no,
      trade_type: 'AUTH',
      trade_state: 'SUCCESS',
      total_fee: '1000',
    })
  })

  it('is refunded by its transaction_id, and not by the number of the service order', async () => {
    const { out_order_no, transaction_id } = await paid()
    expect(await refusalOf(refund({ out_trade_no: out_order_no }))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refund({ transaction_id })).toMatchObject({ transaction_id, status: 'PROCESSING' })
    await simulator.advance(MINUTE)
    expect((await transaction(`id/${transaction_id}`)).trade_state).toBe('REFUND')
    // Of the payment, the merchant is notified once: by the service order.
    expect(received.map(({ event }) => event)).toEqual([
      'PAYSCORE.USER_CONFIRM',
      'PAYSCORE.USER_PAID',
      'REFUND.SUCCESS',
    ])
  })

  it('is in the trade bill as in the fund flow bill of its day', async () => {
    const { order_id, out_order_no, transaction_id } = await paid()
    await refund({ transaction_id })
    await simulator.advance(DAY)
    const bill = async (url: string) => {
      const { pathname, search } = new URL((await call(`GET ${url}`)).download_url)
      return readBill(await new Response(await call(`GET ${pathname}${search}`)).text())
    }
    const trade = await bill(`/v3/bill/tradebill?bill_date=${DATE}`)
    const of = sub_mchid ? `&sub_mchid=${sub_mchid}` : ''
    const funds = await bill(`/v3/bill/fundflowbill?bill_date=${DATE}${of}`)
    expect(trade.rows.map(row => [row.微信订单号, row.交易类型, row.交易状态, row.商户数据包])).toEqual([
      [transaction_id, 'AUTH', 'SUCCESS', `wxzff|${order_id}|${out_order_no}`],
      [transaction_id, 'AUTH', 'REFUND', `wxzff|${order_id}|${out_order_no}`],
    ])
    const moved = (name: string) =>
      sum(
        funds.rows.filter(row => row.业务名称 === name),
        '收支金额(元)',
      )
    expect([moved('交易'), moved('退款')]).toEqual([sum(trade.rows, '订单金额'), sum(trade.rows, '退款金额')])
    expect(moved('扣除交易手续费') - moved('退回交易手续费')).toBe(fen(trade.sums.手续费总金额!))
  })

  it('is shared if the service was completed with profit_sharing', async () => {
    const { appid } = simulator.merchant
    const receiver = { type: 'MERCHANT_ID', account: RECEIVER, name: '示例商户全称' }
    const party = { appid, ...(sub_mchid && { sub_mchid }) }
    await call('POST /v3/profitsharing/receivers/add', { ...party, ...receiver, relation_type: 'STORE' })
    const share = (transaction_id: string) =>
      call('POST /v3/profitsharing/orders', {
        ...party,
        transaction_id,
        out_order_no: newNumber(),
        receivers: [{ ...receiver, amount: 100, description: 'd' }],
        unfreeze_unsplit: true,
      })
    const plain = await paid()
    expect(await refusalOf(share(plain.transaction_id))).toEqual([400, 'INVALID_REQUEST'])
    const shared = await paid({ profit_sharing: true })
    expect(await share(shared.transaction_id)).toMatchObject({ transaction_id: shared.transaction_id })
  })
})

it('shares a deduction whose amount was lowered after the service was completed', async () => {
  const { appid } = simulator.merchant
  const out_order_no = newNumber()
  const root = '/v3/payscore/serviceorder'
  const fees = (total_amount: number) => ({
    service_id,
    appid,
    total_amount,
    post_payments: [{ name: '费用', amount: total_amount }],
  })
  await call(`POST ${root}`, {
    appid,
    service_id,
    out_order_no,
    service_introduction: '充电宝',
    time_range: { start_time: 'OnAccept' },
    risk_fund: { name: 'DEPOSIT', amount: 1_000 },
    notify_url: NOTIFY_URL,
  })
  simulator.confirmServiceOrder(out_order_no)
  await call(`POST ${root}/${out_order_no}/complete`, { ...fees(1_000), profit_sharing: true })
  await call(`POST ${root}/${out_order_no}/modify`, { ...fees(600), reason: '优惠' })
  const { transaction_id } = simulator.payServiceOrder(out_order_no)
  expect(await call(`GET /v3/profitsharing/transactions/${transaction_id}/amounts`)).toEqual({
    transaction_id,
    unsplit_amount: 596,
  })
})
