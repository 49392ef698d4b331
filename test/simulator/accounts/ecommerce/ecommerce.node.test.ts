import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../../src/core/base/time.ts'
import { orderKey } from '../../../../src/simulator/accounts/orders/order.ts'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'
import { createTestAccounts, draft } from '../account-records.ts'

// Codes of withdrawals are from their document; those of subsidies are chosen among the two that their documents have.

const SUB = '1900000110'
const OTHER = '1900000111'

let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let mchid: string
let appid: string
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call } = shop)
  ;({ mchid, appid } = simulator.merchant)
})

/** Places and pays an order of the sub-merchant, in a combined order as platforms do. */
async function paidOrder(
  total = 1000,
  profit_sharing = true,
): Promise<{ out_trade_no: string; transaction_id: string }> {
  const out_trade_no = newNumber()
  const combine_out_trade_no = newNumber()
  await call('POST /v3/combine-transactions/native', {
    combine_appid: appid,
    combine_mchid: mchid,
    combine_out_trade_no,
    notify_url: `${NOTIFY_URL}/pay`,
    sub_orders: [
      {
        mchid,
        sub_mchid: SUB,
        out_trade_no,
        description: 'd',
        attach: 'a',
        amount: { total_amount: total, currency: 'CNY' },
        settle_info: { profit_sharing },
      },
    ],
  })
  simulator.pay({ combine_out_trade_no })
  return { out_trade_no, transaction_id: simulator.order(out_trade_no, SUB)!.transaction_id! }
}
const balance = async (account_type = 'BASIC') => {
  const { available_amount, pending_amount } = await call(
    `GET /v3/ecommerce/fund/balance/${SUB}?account_type=${account_type}`,
  )
  return [available_amount, pending_amount]
}
const refund = (out_trade_no: string, amount: number) =>
  call('POST /v3/ecommerce/refunds/apply', {
    sub_mchid: SUB,
    sp_appid: appid,
    out_trade_no,
    out_refund_no: newNumber(),
    amount: { refund: amount, total: 1000, currency: 'CNY' },
  })

describe('profit sharing of a platform (电商收付通分账)', () => {
  const ROOT = '/v3/ecommerce/profitsharing'
  const share = (transaction_id: string, amount: number, more: object = {}) =>
    call(`POST ${ROOT}/orders`, {
      appid,
      sub_mchid: SUB,
      transaction_id,
      out_order_no: newNumber(),
      receivers: [{ type: 'MERCHANT_ID', receiver_account: OTHER, amount, description: '佣金' }],
      finish: false,
      ...more,
    })
  const add = () =>
    call(`POST ${ROOT}/receivers/add`, {
      appid,
      type: 'MERCHANT_ID',
      account: OTHER,
      name: '某公司',
      relation_type: 'SUPPLIER',
    })

  it('goes to its receivers beyond 30 %, is returned, and finished', async () => {
    const { transaction_id } = await paidOrder()
    expect(await balance()).toEqual([0, 994])
    expect(await refusalOf(share(transaction_id, 500))).toEqual([400, 'INVALID_REQUEST'])
    expect(await add()).toEqual({ type: 'MERCHANT_ID', account: OTHER })
    const { out_order_no, order_id } = await share(transaction_id, 500)
    expect(await balance()).toEqual([0, 494])
    await simulator.advance(MINUTE)
    const query = `GET ${ROOT}/orders?sub_mchid=${SUB}&transaction_id=${transaction_id}&out_order_no=${out_order_no}`
    expect(await call(query)).toEqual({
      sub_mchid: SUB,
      transaction_id,
      out_order_no,
      order_id,
      status: 'FINISHED',
      receivers: [
        {
          receiver_mchid: OTHER,
          type: 'MERCHANT_ID',
          receiver_account: OTHER,
          amount: 500,
          description: '佣金',
          result: 'SUCCESS',
          detail_id: expect.any(String),
          finish_time: expect.any(String),
        },
      ],
    })
    expect(await call(`GET ${ROOT}/orders/${transaction_id}/amounts`)).toEqual({ transaction_id, unsplit_amount: 494 })
    const back = {
      sub_mchid: SUB,
      order_id,
      out_return_no: newNumber(),
      return_mchid: OTHER,
      amount: 200,
      description: 'd',
    }
    expect(await call(`POST ${ROOT}/returnorders`, back)).toMatchObject({
      out_order_no,
      amount: 200,
      result: 'PROCESSING',
    })
    expect(
      await call(`GET ${ROOT}/returnorders?sub_mchid=${SUB}&order_id=${order_id}&out_return_no=${back.out_return_no}`),
    ).toMatchObject({ return_mchid: OTHER, result: 'SUCCESS' })
    expect(await balance()).toEqual([0, 694])
    const finish = { sub_mchid: SUB, transaction_id, out_order_no: newNumber(), description: '完结' }
    expect(await call(`POST ${ROOT}/finish-order`, finish)).toMatchObject({
      transaction_id,
      order_id: expect.any(String),
    })
    const again = { ...finish, out_order_no: newNumber() }
    expect(await refusalOf(call(`POST ${ROOT}/finish-order`, again))).toEqual([403, 'NOT_ENOUGH'])
    await simulator.advance(DAY)
    expect(await balance()).toEqual([694, 0])
  })

  it('forgets a receiver that was deleted', async () => {
    await add()
    await call(`POST ${ROOT}/receivers/delete`, { appid, type: 'MERCHANT_ID', account: OTHER })
    const { transaction_id } = await paidOrder()
    expect(await refusalOf(share(transaction_id, 100))).toEqual([400, 'INVALID_REQUEST'])
  })
})

describe('subsidies (补差)', () => {
  const create = (transaction_id: string, amount: number, more: object = {}) =>
    call('POST /v3/ecommerce/subsidies/create', { sub_mchid: SUB, transaction_id, amount, description: 'd', ...more })
  const giveBack = (transaction_id: string, refund_id: string, amount: number) =>
    call('POST /v3/ecommerce/subsidies/return', {
      sub_mchid: SUB,
      out_order_no: newNumber(),
      transaction_id,
      refund_id,
      amount,
      description: 'd',
    })

  it('add to an order before it is shared, and are returned after a refund', async () => {
    const { out_trade_no, transaction_id } = await paidOrder()
    const platform = simulator.balance('OPERATION').available
    const first = await create(transaction_id, 300, { out_subsidy_no: 'U1' })
    expect(first).toMatchObject({ amount: 300, out_subsidy_no: 'U1', result: 'SUCCESS' })
    expect(await create(transaction_id, 300, { out_subsidy_no: 'U1' })).toEqual(first)
    expect(await refusalOf(create(transaction_id, 200, { out_subsidy_no: 'U1' }))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(create(transaction_id, 701, { out_subsidy_no: 'U2' }))).toEqual([400, 'INVALID_REQUEST'])
    expect([simulator.balance('OPERATION').available, ...(await balance())]).toEqual([platform - 300, 0, 1294])
    expect(await refusalOf(giveBack(transaction_id, '0', 100))).toEqual([400, 'INVALID_REQUEST'])
    const { refund_id } = await refund(out_trade_no, 500)
    expect(await giveBack(transaction_id, refund_id, 100)).toMatchObject({ refund_id, amount: 100, result: 'SUCCESS' })
    expect(await refusalOf(giveBack(transaction_id, refund_id, 201))).toEqual([400, 'INVALID_REQUEST'])
    expect(simulator.balance('OPERATION').available).toBe(platform - 200)
  })

  it('are canceled after a refund, instead of paid', async () => {
    const { out_trade_no, transaction_id } = await paidOrder()
    const cancel = () =>
      call('POST /v3/ecommerce/subsidies/cancel', { sub_mchid: SUB, transaction_id, description: 'd' })
    expect(await refusalOf(cancel())).toEqual([400, 'INVALID_REQUEST'])
    await refund(out_trade_no, 100)
    expect(await cancel()).toEqual({ sub_mchid: SUB, transaction_id, result: 'SUCCESS', description: 'd' })
    expect(await refusalOf(create(transaction_id, 100))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('leave the shopper the refund of what the order has not shared of it', async () => {
    const accounts = createTestAccounts()
    const { funds, orders, profitSharing, subsidies, refunds } = accounts
    funds.deposit('1', 'OPERATION', 500)
    profitSharing.receivers.add('1', { type: 'MERCHANT_ID', account: OTHER })
    const order = draft('T1', 1000, { sub_mchid: SUB, profit_sharing: true })
    orders.place(order)
    const { transaction_id = '' } = orders.pay(orderKey(order))
    const common = { sub_mchid: SUB, transaction_id, description: 'd' }
    subsidies.create({ ...common, sp_mchid: '1', amount: 500 })
    expect(() => orders.reverse(orderKey(order))).toThrow(/REVERSE_SUBSIDIZED/)
    const receivers = [{ type: 'MERCHANT_ID', account: OTHER, amount: 1200, description: 'd' } as const]
    profitSharing.orders.share({ ...common, out_order_no: 'S1', receivers, unfreeze_unsplit: false, platform: '1' })
    const refund = (amount: number) => {
      const request = { api: 'v3', source: 'UNSETTLED', total: 1000, out_trade_no: 'T1' } as const
      return refunds.apply({ ...request, sub_mchid: SUB, refund: amount, out_refund_no: `R${amount}` })
    }
    expect(() => refund(301)).toThrow(/REFUND_SHARED/)
    expect(refund(200)).toMatchObject({ status: 'PROCESSING' })
    expect(funds.balance(SUB, 'BASIC')).toEqual({ available: 0, pending: 95 })
    expect(() => refund(101)).toThrow(/REFUND_SHARED/)
  })

  it('need a sharing order, and money', async () => {
    const plain = await paidOrder(1000, false)
    expect(await refusalOf(create(plain.transaction_id, 100))).toEqual([400, 'INVALID_REQUEST'])
    const { transaction_id } = await paidOrder()
    simulator.fund(-simulator.balance('OPERATION').available)
    expect(await refusalOf(create(transaction_id, 100))).toEqual([403, 'NOT_ENOUGH'])
  })
})

describe('a withdrawal (提现)', () => {
  const withdraw = (out_request_no: string, amount: number, more: object = {}) =>
    call('POST /v3/ecommerce/fund/withdraw', { sub_mchid: SUB, out_request_no, amount, ...more })
  const query = (out_request_no: string) =>
    call(`GET /v3/ecommerce/fund/withdraw/out-request-no/${out_request_no}?sub_mchid=${SUB}`)

  it('of a sub-merchant leaves the account, arrives, and is notified', async () => {
    await paidOrder(1000, false)
    expect(await refusalOf(withdraw('W1', 900))).toEqual([403, 'NOT_ENOUGH'])
    await simulator.advance(DAY)
    shop.received.length = 0
    const request = { remark: '货款', notify_url: `${NOTIFY_URL}/withdraw` }
    const { withdraw_id } = await withdraw('W1', 900, request)
    expect(await withdraw('W1', 900, request)).toMatchObject({ withdraw_id })
    expect(await refusalOf(withdraw('W1', 901, request))).toEqual([400, 'PARAM_ERROR'])
    expect(await balance()).toEqual([94, 0])
    expect(await query('W1')).toMatchObject({ status: 'CREATE_SUCCESS' })
    await simulator.advance(2 * HOUR)
    const arrived = {
      sub_mchid: SUB,
      sp_mchid: mchid,
      status: 'SUCCESS',
      withdraw_id,
      out_request_no: 'W1',
      amount: 900,
      create_time: '2026-03-02T20:30:00+08:00',
      update_time: '2026-03-02T22:30:00+08:00',
      reason: '',
      remark: '货款',
      bank_memo: '',
      account_type: 'BASIC',
      account_number: '0078',
      account_bank: '工商银行',
    }
    expect(await query('W1')).toEqual(arrived)
    expect(await call(`GET /v3/ecommerce/fund/withdraw/${withdraw_id}?sub_mchid=${SUB}`)).toEqual(arrived)
    expect(shop.received).toEqual([{ url: request.notify_url, event: 'MCHWITHDRAW.CHANGE', resource: arrived }])
    const foreign = call(`GET /v3/ecommerce/fund/withdraw/${withdraw_id}?sub_mchid=${OTHER}`)
    expect(await refusalOf(foreign)).toEqual([404, 'ORDER_NOT_EXIST'])
  })

  it('of the platform fails or comes back on demand', async () => {
    const before = simulator.balance('OPERATION').available
    const url = '/v3/merchant/fund/withdraw'
    const body = { amount: 100, account_type: 'OPERATION' }
    await call(`POST ${url}`, { ...body, out_request_no: 'P1' })
    simulator.withdrawalResult('P1', 'FAIL', '银行账户异常')
    expect(await call(`GET ${url}/out-request-no/P1`)).toMatchObject({
      status: 'FAIL',
      reason: '银行账户异常',
      solution: expect.stringContaining('结算银行账户'),
    })
    const { withdraw_id } = await call(`POST ${url}`, { ...body, out_request_no: 'P2' })
    expect(() => simulator.withdrawalResult('P2', 'REFUND')).toThrow(/WITHDRAWAL_STATE/)
    await simulator.advance(2 * HOUR)
    expect(simulator.balance('OPERATION').available).toBe(before - 100)
    simulator.withdrawalResult('P2', 'REFUND', '退票')
    expect(await call(`GET ${url}/withdraw-id/${withdraw_id}`)).toMatchObject({ status: 'REFUND' })
    expect(simulator.balance('OPERATION').available).toBe(before)
    expect(await refusalOf(call(`GET ${url}/out-request-no/P3`))).toEqual([404, 'ORDER_NOT_EXIST'])
  })

  it('is in the balance at the end of its day', async () => {
    await paidOrder(1000, false)
    await simulator.advance(DAY)
    await withdraw('W1', 900)
    await simulator.advance(DAY)
    const endOf = async (date: string) =>
      (await call(`GET /v3/ecommerce/fund/enddaybalance/${SUB}?date=${date}`)).available_amount
    expect([await endOf('2026-03-01'), await endOf('2026-03-02')]).toEqual([994, 94])
    expect(await refusalOf(endOf('2026-03-03'))).toEqual([400, 'PARAM_ERROR'])
  })

  it('cannot take what was frozen at the end of the day', async () => {
    await paidOrder(1000, false)
    await paidOrder(500)
    await simulator.advance(2 * DAY)
    for (const date of ['2026-03-01', '2026-03-02'])
      expect(await call(`GET /v3/ecommerce/fund/enddaybalance/${SUB}?date=${date}`)).toMatchObject({
        available_amount: 994,
        pending_amount: 497,
      })
    expect(await call(`GET /v3/ecommerce/fund/enddaybalance/${SUB}?date=2026-02-28`)).toMatchObject({
      available_amount: 0,
      pending_amount: 0,
    })
  })

  it('is settled over the control API', async () => {
    await call('POST /v3/merchant/fund/withdraw', { amount: 100, account_type: 'OPERATION', out_request_no: 'P1' })
    const response = await createSimulatorMount(simulator)(
      new Request('http://localhost/simulator/withdrawal-result', {
        method: 'POST',
        body: JSON.stringify({ out_request_no: 'P1', status: 'CLOSE' }),
        headers: { 'content-type': 'application/json' },
      }),
    )
    expect(await response.json()).toMatchObject({ status: 'CLOSE' })
    expect(simulator.withdrawals()).toMatchObject([{ out_request_no: 'P1', status: 'CLOSE' }])
  })
})
