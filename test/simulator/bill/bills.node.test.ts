import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../../src/core/base/time.ts'
import { v2 } from '../node-client.ts'
import { createTestMerchant, newNumber, refusalOf, type TestMerchant } from '../test-merchant.ts'
import { fen, type ReadBill, readBill, sum } from './bill-reader.ts'

const OPENING = 1_000_000_00
const TODAY = '2026-03-01'
const SUB = '1900000110'
const RECEIVER = '1900000201'
const notify_url = 'https://merchant.example/notify'

let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let numbers: Record<'plain' | 'partner' | 'shared' | 'reversed' | 'refund' | 'closed' | 'transfer', string>

/** Trades on the evening of the first of March, and ends at ten in the morning of the second. */
beforeAll(async () => {
  ;({ simulator, call } = await createTestMerchant())
  const { appid, mchid } = simulator.merchant
  numbers = {
    plain: newNumber(),
    partner: newNumber(),
    shared: newNumber(),
    reversed: newNumber(),
    refund: newNumber(),
    closed: newNumber(),
    transfer: newNumber(),
  }
  const order = (out_trade_no: string, total: number, more: object = {}) =>
    call('POST /v3/pay/transactions/native', {
      appid,
      mchid,
      description: 'd',
      out_trade_no,
      notify_url,
      amount: { total },
      attach: '一, 二',
      ...more,
    })
  const refund = (out_refund_no: string, part: number) =>
    call('POST /v3/refund/domestic/refunds', {
      out_trade_no: numbers.plain,
      out_refund_no,
      amount: { refund: part, total: 10_000, currency: 'CNY' },
    })
  await order(numbers.plain, 10_000)
  await call('POST /v3/pay/partner/transactions/native', {
    sp_appid: appid,
    sp_mchid: mchid,
    sub_mchid: SUB,
    description: 'd',
    out_trade_no: numbers.partner,
    notify_url,
    amount: { total: 5_000 },
  })
  await order(numbers.shared, 20_000, { settle_info: { profit_sharing: true } })
  for (const one of ['plain', 'partner', 'shared'] as const) simulator.pay({ out_trade_no: numbers[one] })
  const micropay = { appid, mch_id: mchid, out_trade_no: numbers.reversed }
  await call('POST /pay/micropay', {
    ...micropay,
    body: 'b',
    total_fee: 700,
    spbill_create_ip: '127.0.0.1',
    auth_code: '134567890123456789',
  })
  await call('POST /secapi/pay/reverse', micropay)
  await refund(numbers.refund, 3_000)
  await refund(numbers.closed, 1_000)
  simulator.refundResult(numbers.closed, 'CLOSED')
  const receiver = { type: 'MERCHANT_ID', account: RECEIVER, name: '示例商户全称' }
  await call('POST /v3/profitsharing/receivers/add', { appid, ...receiver, relation_type: 'STORE' })
  const out_order_no = newNumber()
  const { transaction_id } = simulator.order(numbers.shared)!
  await call('POST /v3/profitsharing/orders', {
    appid,
    transaction_id,
    out_order_no,
    unfreeze_unsplit: true,
    receivers: [{ ...receiver, amount: 4_000, description: '分给商户' }],
  })
  await call('POST /v3/profitsharing/return-orders', {
    out_order_no,
    out_return_no: newNumber(),
    return_mchid: RECEIVER,
    amount: 1_000,
    description: '用户退款',
  })
  await call('POST /v3/fund-app/mch-transfer/transfer-bills', {
    appid,
    out_bill_no: numbers.transfer,
    transfer_scene_id: '1000',
    openid: 'o',
    transfer_amount: 2_500,
    transfer_remark: '新会员',
    transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '有礼' }],
  })
  simulator.confirmTransfer(numbers.transfer)
  await simulator.advance(13.5 * HOUR)
})

/** The bill as a merchant gets it: its URL, then its bytes, whose hash is checked. */
async function download(url: string): Promise<Buffer> {
  const { hash_type, hash_value, download_url } = await call(`GET ${url}`)
  const { pathname, search } = new URL(download_url)
  const bytes = Buffer.from(await new Response(await call(`GET ${pathname}${search}`)).arrayBuffer())
  const plain = url.includes('GZIP') ? gunzipSync(bytes) : bytes
  expect([hash_type, createHash('sha1').update(plain).digest('hex')]).toEqual(['SHA1', hash_value])
  return plain
}
const bill = async (url: string): Promise<ReadBill> => readBill((await download(url)).toString())
const trade = (more = '') => bill(`/v3/bill/tradebill?bill_date=${TODAY}${more}`)
const funds = (more = '') => bill(`/v3/bill/fundflowbill?bill_date=${TODAY}${more}`)

describe('the trade bill (交易账单)', () => {
  it('has a row for each payment, refund and reversal', async () => {
    const { rows, sums } = await trade()
    const brief = rows.map(row => [row.商户订单号, row.交易类型, row.交易状态, row.订单金额, row.申请退款金额])
    expect(brief).toEqual([
      [numbers.plain, 'NATIVE', 'SUCCESS', '100.00', '0.00'],
      [numbers.partner, 'NATIVE', 'SUCCESS', '50.00', '0.00'],
      [numbers.shared, 'NATIVE', 'SUCCESS', '200.00', '0.00'],
      [numbers.reversed, 'MICROPAY', 'SUCCESS', '7.00', '0.00'],
      [numbers.reversed, 'MICROPAY', 'REVOKED', '0.00', '7.00'],
      [numbers.plain, 'NATIVE', 'REFUND', '0.00', '30.00'],
      [numbers.plain, 'NATIVE', 'REFUND', '0.00', '10.00'],
    ])
    expect(sums).toMatchObject({ 总交易单数: '7', 订单总金额: '357.00', 退款总金额: '47.00' })
    expect(fen(sums.手续费总金额!)).toBe(sum(rows, '手续费'))
    expect(rows[0]!.商户数据包).toBe(String.raw`一\  二`)
    expect(rows.map(row => row.特约商户号)).toEqual(['0', SUB, '0', '0', '0', '0', '0'])
  })

  it('lists only payments, only refunds, or those of a sub-merchant', async () => {
    const paid = await trade('&bill_type=SUCCESS')
    expect(paid.rows.map(row => row.商户订单号)).toEqual([
      numbers.plain,
      numbers.partner,
      numbers.shared,
      numbers.reversed,
    ])
    expect(Object.keys(paid.rows[0]!)).not.toContain('退款状态')
    const refunds = await trade('&bill_type=REFUND')
    expect(refunds.rows.map(row => [row.商户退款单号, row.退款状态, row.退款申请时间, row.退款成功时间])).toEqual([
      [numbers.refund, 'SUCCESS', '2026-03-01 20:30:00', '2026-03-01 20:30:03'],
      [numbers.closed, 'FAIL', '2026-03-01 20:30:00', ''],
    ])
    expect((await trade(`&sub_mchid=${SUB}`)).rows.map(row => row.商户订单号)).toEqual([numbers.partner])
    expect(await refusalOf(trade('&sub_mchid=1900000111'))).toEqual([400, 'NO_STATEMENT_EXIST'])
    expect(await refusalOf(trade('&bill_type=OTHER'))).toEqual([400, 'PARAM_ERROR'])
  })

  it('is the same when compressed', async () => {
    const url = `/v3/bill/tradebill?bill_date=${TODAY}`
    expect(await download(`${url}&tar_type=GZIP`)).toEqual(await download(url))
  })
})

describe('the fund flow bill (资金账单)', () => {
  it('ends with the balance of each account', async () => {
    const basic = await funds()
    expect(fen(basic.rows.at(-1)!['账户结余(元)']!)).toBe(simulator.balance().available)
    expect(sum(basic.rows, '收支金额(元)')).toBe(fen(basic.sums.收入金额!) + fen(basic.sums.支出金额!))
    const operation = await funds('&account_type=OPERATION')
    expect(operation.rows.map(row => [row.业务名称, row.收支类型, row['收支金额(元)'], row['账户结余(元)']])).toEqual([
      ['充值', '收入', '1000000.00', '1000000.00'],
      ['商家转账', '支出', '25.00', '999975.00'],
    ])
    expect(operation.rows[1]!.业务凭证号).toBe(numbers.transfer)
    expect(operation.sums).toMatchObject({ 资金流水总笔数: '2', 收入笔数: '1', 支出金额: '25.00' })
    expect(await refusalOf(funds('&account_type=FEES'))).toEqual([400, 'NO_STATEMENT_EXIST'])
  })

  it('agrees with the balances of now and of the end of the day', async () => {
    const { available, pending } = simulator.balance()
    expect(await call('GET /v3/merchant/fund/balance/BASIC')).toEqual({
      available_amount: available,
      pending_amount: pending,
    })
    expect(await call(`GET /v3/merchant/fund/dayendbalance/BASIC?date=${TODAY}`)).toMatchObject({
      available_amount: available,
    })
    expect((await call(`GET /v3/merchant/fund/dayendbalance/OPERATION?date=${TODAY}`)).available_amount).toBe(
      OPENING - 2_500,
    )
    const today = 'GET /v3/merchant/fund/dayendbalance/BASIC?date=2026-03-02'
    expect(await refusalOf(call(today))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(call('GET /v3/merchant/fund/balance/OTHER'))).toEqual([400, 'PARAM_ERROR'])
  })
})

it('the profit sharing bill (分账账单) has each share and each return', async () => {
  const { rows, sums } = await bill(`/v3/profitsharing/bills?bill_date=${TODAY}`)
  const { mchid } = simulator.merchant
  expect(rows.map(row => [row.业务类型, row.分账接收方, row.金额, row.处理状态])).toEqual([
    ['分账', RECEIVER, '40.00', 'SUCCESS'],
    ['分账', mchid, '158.80', 'SUCCESS'],
    ['分账回退', RECEIVER, '10.00', 'SUCCESS'],
  ])
  expect(sums).toEqual({ 总笔数: '3', 分账总金额: '198.80', 分账回退总金额: '10.00' })
  const other = `/v3/profitsharing/bills?bill_date=${TODAY}&sub_mchid=${SUB}`
  expect(await refusalOf(bill(other))).toEqual([400, 'NO_STATEMENT_EXIST'])
})

it('a download is available for five minutes', async () => {
  const { simulator, call } = await createTestMerchant()
  await simulator.advance(13.5 * HOUR)
  const { download_url } = await call(`GET /v3/bill/fundflowbill?bill_date=${TODAY}&account_type=OPERATION`)
  const { pathname, search } = new URL(download_url)
  const get = () => call(`GET ${pathname}${search}`)
  await simulator.advance(5 * MINUTE - 1)
  expect(await new Response(await get()).text()).toContain('充值')
  await simulator.advance(1)
  expect(await refusalOf(get())).toEqual([400, 'PARAM_ERROR'])
})

describe('APIv2', () => {
  const own = () => ({ appid: simulator.merchant.appid, mch_id: simulator.merchant.mchid })
  const get = async (path: string, params: object) =>
    Buffer.from(await new Response(await call(`POST ${path}`, { ...own(), ...params })).arrayBuffer())
  const tradeBill = (params: object = {}) => get('/pay/downloadbill', { bill_date: '20260301', ...params })
  const fundBill = (params: object = {}) =>
    get('/pay/downloadfundflow', { bill_date: '20260301', sign_type: 'HMAC-SHA256', ...params })

  it('returns the same trade bill, plain and compressed', async () => {
    const plain = await tradeBill({ bill_type: 'ALL' })
    expect(plain).toEqual(await download(`/v3/bill/tradebill?bill_date=${TODAY}`))
    expect(gunzipSync(await tradeBill({ bill_type: 'ALL', tar_type: 'GZIP' }))).toEqual(plain)
    expect(readBill((await tradeBill({ bill_type: 'REFUND' })).toString()).rows).toHaveLength(2)
  })

  it('returns the same movements', async () => {
    const { rows } = readBill((await fundBill({ account_type: 'Basic' })).toString())
    const v3 = await funds()
    expect(rows.map(row => row.资金流水单号)).toEqual(v3.rows.map(row => row.资金流水单号))
    expect(sum(rows, '收支金额（元）')).toBe(sum(v3.rows, '收支金额(元)'))
    const zipped = gunzipSync(await fundBill({ account_type: 'Operation', tar_type: 'GZIP' }))
    expect(readBill(zipped.toString()).rows).toHaveLength(2)
  })

  it('reports in XML that there is no bill', async () => {
    expect(await refusalOf(tradeBill({ bill_date: '20260228', bill_type: 'ALL' }))).toEqual([200, '20002'])
    expect(await refusalOf(tradeBill({ bill_type: 'RECHARGE_REFUND' }))).toEqual([200, '20002'])
    expect(await refusalOf(fundBill({ account_type: 'Fees' }))).toEqual([200, '20002'])
    const params = { bill_date: '20260228', bill_type: 'ALL' }
    expect(await v2(simulator, '/pay/downloadbill', params)).toMatchObject({
      return_code: 'FAIL',
      return_msg: 'No Bill Exist',
      error_code: '20002',
    })
  })
})
