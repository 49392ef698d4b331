import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/base/time.ts'
import type { RejectionReason } from '../../../src/simulator/index.ts'
import { Rejection } from '../../../src/simulator/index.ts'
import { createTestAccounts, draft, START, type TestAccounts } from './account-records.ts'

/** Why something was refused. */
function reason(act: () => unknown): RejectionReason | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof Rejection) return error.reason
    throw error
  }
  return undefined
}

/** An order of `total` fen that is paid, under its own number. */
function paid(of: TestAccounts, out_trade_no: string, total = 10_000, more = {}) {
  of.orders.place(draft(out_trade_no, total, more))
  return of.orders.pay(out_trade_no)
}

const refundOf = (out_trade_no: string, out_refund_no: string, refund: number, total = 10_000, more = {}) => ({
  ...({ api: 'v3', out_refund_no, out_trade_no, total, refund, source: 'UNSETTLED', ...more } as const),
})

describe('orders', () => {
  it('are immutable', () => {
    const { orders } = createTestAccounts()
    const placed = orders.place(draft('1'))
    const order = orders.pay('1')
    expect(placed).toMatchObject({ trade_state: 'NOTPAY' })
    expect(placed).not.toHaveProperty('transaction_id')
    expect(orders.findByTransaction(order.transaction_id!)).toBe(order)
    expect(orders.findByPrepay(order.prepay_id)).toBe(order)
    expect(order.payer.openid).toMatch(/^oUpF8u/)
  })

  it('close when they expire, after a minute at least and seven days by default', async () => {
    const { orders, scheduler } = createTestAccounts()
    orders.place(draft('short', 1, { time_expire: START - 1 }))
    orders.place(draft('hour', 1, { time_expire: START + HOUR }))
    orders.place(draft('none', 1))
    const states = () => ['short', 'hour', 'none'].map(number => orders.find(number)!.trade_state)
    await scheduler.advance(MINUTE - 1)
    expect(states()).toEqual(['NOTPAY', 'NOTPAY', 'NOTPAY'])
    await scheduler.advance(1)
    expect(states()).toEqual(['CLOSED', 'NOTPAY', 'NOTPAY'])
    await scheduler.advance(HOUR)
    expect(states()).toEqual(['CLOSED', 'CLOSED', 'NOTPAY'])
    expect(reason(() => orders.pay('hour'))).toBe('ORDER_CLOSED')
    await scheduler.advance(7 * DAY)
    expect(states()).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
  })

  it('are paid within two hours of their prepay_id, which placing the order again renews', async () => {
    const { orders, scheduler } = createTestAccounts()
    const { prepay_id } = orders.place(draft('1'))
    await scheduler.advance(2 * HOUR - 1)
    expect(orders.place(draft('1')).prepay_id).toBe(prepay_id)
    await scheduler.advance(1)
    expect(reason(() => orders.pay('1'))).toBe('PREPAY_EXPIRED')
    expect(orders.find('1')!.trade_state).toBe('NOTPAY')
    const renewed = orders.place(draft('1'))
    expect(renewed.prepay_id).not.toBe(prepay_id)
    expect(orders.findByPrepay(prepay_id)).toBeUndefined()
    expect(orders.pay('1').trade_state).toBe('SUCCESS')
  })

  it('explain in English why they cannot be paid', () => {
    const { orders } = createTestAccounts()
    orders.place(draft('T1'))
    orders.close('T1')
    expect(() => orders.pay('T1')).toThrow(/^ORDER_CLOSED: The order is closed.*T1/)
  })
})

describe('refunds', () => {
  it('succeed after three seconds', async () => {
    const of = createTestAccounts()
    paid(of, '1')
    of.refunds.apply(refundOf('1', 'r', 1))
    await of.scheduler.advance(3 * SECOND - 1)
    expect(of.refunds.find('r')!.status).toBe('PROCESSING')
    await of.scheduler.advance(1)
    expect(of.refunds.find('r')).toMatchObject({ status: 'SUCCESS', succeededAt: START + 3 * SECOND })
    expect(of.events.map(({ type }) => type)).toEqual(['order-paid', 'refund-settled'])
  })

  it('keep the result that was set, whatever the clock shows', async () => {
    const of = createTestAccounts()
    paid(of, '1')
    of.refunds.apply(refundOf('1', 'r', 10_000))
    of.refunds.settle('r', 'CLOSED')
    await of.scheduler.advance(HOUR)
    expect(of.refunds.query('r').status).toBe('CLOSED')
    expect(reason(() => of.refunds.settle('r', 'SUCCESS'))).toBe('REFUND_SETTLED')
    // A closed refund can be made again under another number.
    expect(of.refunds.apply(refundOf('1', 's', 10_000)).status).toBe('PROCESSING')
  })

  it('are limited to 50, and to a year', async () => {
    const of = createTestAccounts()
    paid(of, '1')
    for (let count = 0; count < 50; count++) of.refunds.apply(refundOf('1', `r${count}`, 1))
    expect(reason(() => of.refunds.apply(refundOf('1', 'r50', 1)))).toBe('REFUND_TOO_MANY')
    paid(of, '2')
    await of.scheduler.advance(365 * DAY)
    expect(reason(() => of.refunds.apply(refundOf('2', 'late', 1)))).toBe('REFUND_OVERDUE')
  })

  it('return the whole fee with the whole amount, and never more', () => {
    const of = createTestAccounts()
    paid(of, '1', 300)
    const fees = ['a', 'b', 'c'].map(number => of.refunds.apply(refundOf('1', number, 100, 300)).fee)
    expect(fees.reduce((sum, fee) => sum + fee)).toBe(2)
    expect(of.funds.balance('1', 'BASIC')).toEqual({ available: 0, pending: 0 })
  })

  it('of shared money are possible once it is returned', () => {
    const of = createTestAccounts()
    const { transaction_id } = paid(of, '1', 10_000, { profit_sharing: true })
    of.profitSharing.receivers.add('1', { type: 'MERCHANT_ID', account: '2', name: '店' })
    const share = { type: 'MERCHANT_ID', account: '2', amount: 2_000, description: 'd' } as const
    const request = { transaction_id: transaction_id!, out_order_no: 's', unfreeze_unsplit: true }
    of.profitSharing.orders.share({ ...request, receivers: [share] })
    expect(reason(() => of.refunds.apply(refundOf('1', 'r', 8_001)))).toBe('REFUND_SHARED')
    of.profitSharing.returns.apply({
      out_order_no: 's',
      out_return_no: 'b',
      return_mchid: '2',
      amount: 1,
      description: 'd',
    })
    // The payee pays the fee of the amount that others keep.
    expect(reason(() => of.refunds.apply(refundOf('1', 'r', 8_001)))).toBe('REFUND_FUNDS')
    of.funds.deposit('1', 'BASIC', 60)
    expect(reason(() => of.refunds.apply(refundOf('1', 'r', 8_001)))).toBeUndefined()
  })
})

describe('money', () => {
  it('of a payment settles on the next day', async () => {
    const of = createTestAccounts()
    paid(of, '1')
    expect(of.funds.balance('1', 'BASIC')).toEqual({ available: 0, pending: 9_940 })
    await of.scheduler.advance(12 * HOUR - 1)
    expect(of.funds.balance('1', 'BASIC')).toEqual({ available: 0, pending: 9_940 })
    await of.scheduler.advance(1)
    expect(of.funds.balance('1', 'BASIC')).toEqual({ available: 9_940, pending: 0 })
  })

  it('to be shared stays frozen, for 180 days at most', async () => {
    const of = createTestAccounts()
    paid(of, '1', 10_000, { profit_sharing: true })
    await of.scheduler.advance(180 * DAY - 1)
    expect(of.funds.balance('1', 'BASIC')).toEqual({ available: 0, pending: 9_940 })
    await of.scheduler.advance(1)
    expect(of.funds.balance('1', 'BASIC')).toEqual({ available: 9_940, pending: 0 })
    expect(of.orders.find('1')!.sharing).toMatchObject({ frozen: 0, finished: true })
  })

  it('is paid in and out, and never becomes negative', () => {
    const { funds } = createTestAccounts()
    funds.deposit('1', 'OPERATION', 5)
    expect(reason(() => funds.deposit('1', 'OPERATION', -6))).toBe('ACCOUNT_SHORT')
    funds.deposit('1', 'OPERATION', -5)
    expect([...funds.flows()].map(({ business, amount }) => [business, amount])).toEqual([
      ['充值', 5],
      ['提现', -5],
    ])
  })
})

it('a restored state continues its tasks and knows its numbers', async () => {
  const before = createTestAccounts()
  const { prepay_id } = before.orders.place(draft('open'))
  const { transaction_id } = paid(before, '1')
  const { refund_id } = before.refunds.apply(refundOf('1', 'r', 1))
  before.funds.deposit('1', 'OPERATION', 100)
  const transfer = {
    out_bill_no: 't',
    appid: 'wx',
    mchid: '1',
    openid: 'o',
    transfer_amount: 100,
    transfer_remark: 'd',
  }
  const { transfer_bill_no } = before.transfers.place({ ...transfer, fingerprint: '1' })

  const after = createTestAccounts(before.state.snapshot())
  expect(after.orders.findByTransaction(transaction_id!)).toEqual(before.orders.find('1'))
  expect(after.orders.findByPrepay(prepay_id)!.out_trade_no).toBe('open')
  expect(after.funds.balance('1', 'BASIC')).toEqual(before.funds.balance('1', 'BASIC'))
  await after.scheduler.advance(DAY)
  expect(after.refunds.find('r')).toMatchObject({ refund_id, status: 'SUCCESS' })
  expect(after.transfers.queryByNumber(transfer_bill_no)).toMatchObject({ state: 'FAIL', fail_reason: 'OVERDUE_CLOSE' })
  expect(after.events.map(({ type }) => type)).toEqual(['refund-settled', 'transfer-ended'])
  expect(paid(after, '2').transaction_id).not.toBe(transaction_id)
})

it('keep 20,000 orders and their refunds', () => {
  const { orders, refunds } = createTestAccounts()
  for (let at = 0; at < 20_000; at++) {
    orders.place(draft(String(at)))
    orders.pay(String(at))
    refunds.apply(refundOf(String(at), String(at), 1, 100))
  }
  expect(new Set([...orders.all()].map(({ transaction_id }) => transaction_id)).size).toBe(20_000)
  expect(refunds.queryOfOrder('19999')).toHaveLength(1)
})
