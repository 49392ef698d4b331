import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DAY, MINUTE } from '../../../src/core/base/time.ts'
import type { AccountType } from '../../../src/simulator/accounts/funds.ts'
import { couponRefundFlow, couponUseFlow } from '../../../src/simulator/bill/coupon-flow.ts'
import { fundFlowBill, subMerchantsFundFlowBill } from '../../../src/simulator/bill/fund-flow.ts'
import { profitSharingBill } from '../../../src/simulator/bill/profit-sharing.ts'
import { tradeBill } from '../../../src/simulator/bill/trade.ts'
import { dateOf } from '../../../src/simulator/clock/time.ts'
import { HISTORIES } from '../../fixtures/histories.ts'
import { createTestAccounts, START, type TestAccounts } from '../accounts/account-records.ts'
import { expectBalancesToBeMovements } from '../accounts/movements.ts'
import { fen, type ReadBill, readBill, sum } from './bill-reader.ts'
import { DEED_NAMES, type Deed, type DeedName, live, MERCHANT, OWNERS, SUB_MERCHANT } from './deeds.ts'

// In any history of merchants and shoppers with all products, the money adds up, and all bills of it agree.

/** Few numbers and amounts, so that what one deed begins another goes on with. */
const number = fc.integer({ min: 1, max: 4 })
const amount = fc.constantFrom(1, 2, 3, 83, 250, 333, 1_000, 3_001, 10_000)
const deed: fc.Arbitrary<Deed> = fc.tuple(fc.constantFrom(...DEED_NAMES), number, amount)
/** Deeds that follow each other, which chance alone seldom brings together. */
const STORIES: readonly DeedName[][] = [
  ['pay', 'refund', 'settle'],
  ['pay', 'share', 'return'],
  ['pay', 'subsidize', 'refund', 'returnSubsidy'],
  ['serve', 'completeService', 'lowerService', 'chargeService'],
  ['serve', 'completeService', 'chargeService', 'refund'],
  ['serve', 'completeService', 'syncService'],
  ['sign', 'deduct', 'wait'],
  ['enter', 'leave', 'repay'],
  ['insure', 'refuseInsurance'],
  ['stock', 'payWithCoupon', 'refund', 'settle'],
  ['payWithCoupon', 'reverse', 'stopStock'],
  ['transfer', 'confirm', 'wait'],
  ['transfer', 'cancel', 'failTransfer'],
  ['withdraw', 'wait', 'settleWithdrawal'],
  ['packet', 'receive'],
]
const story: fc.Arbitrary<Deed[]> = fc
  .tuple(fc.constantFrom(...STORIES), number, fc.tuple(amount, amount, amount, amount))
  .map(([names, n, amounts]) => names.map((name, at): Deed => [name, n, amounts[at]!]))
/** Histories that every run tries: together, they hold each deed. */
const EXAMPLES: Deed[][] = [
  [
    ['pay', 4, 1_000],
    ['subsidize', 4, 3],
    ['refund', 4, 83],
    ['returnSubsidy', 4, 1],
    ['fund', 2, 1_000],
    ['advanceRefund', 4, 250],
    ['withdraw', 3, 83],
    ['settleWithdrawal', 1, 1_000],
  ],
  [
    ['pay', 2, 1_000],
    ['share', 2, 1],
    ['return', 1, 1],
    ['unfreeze', 2, 2],
    ['micropay', 1, 83],
    ['reverse', 2, 1],
    ['combine', 1, 333],
    ['refund', 2, 333],
    ['settle', 1, 1],
    ['wait', 4, 1],
  ],
  [
    ['serve', 1, 1_000],
    ['completeService', 1, 333],
    ['lowerService', 1, 83],
    ['chargeService', 1, 1],
    ['serve', 4, 1_000],
    ['completeService', 4, 333],
    ['syncService', 4, 1],
    ['sign', 1, 1],
    ['deduct', 1, 83],
    ['enter', 1, 1],
    ['leave', 1, 333],
    ['repay', 2, 1],
    ['insure', 1, 250],
    ['refuseInsurance', 1, 1],
    ['transfer', 1, 83],
    ['confirm', 1, 1],
  ],
  [
    ['stock', 1, 1],
    ['payWithCoupon', 1, 333],
    ['stopStock', 1, 1],
    ['packet', 1, 83],
    ['receive', 1, 1],
    ['transfer', 1, 83],
    ['cancel', 1, 1],
    ['transfer', 3, 83],
    ['failTransfer', 3, 1],
    ['batch', 1, 83],
    ['payEnterprise', 1, 83],
  ],
]
const histories: fc.Arbitrary<Deed[]> = fc
  .array(fc.oneof({ weight: 2, arbitrary: deed.map(one => [one]) }, { weight: 1, arbitrary: story }), {
    maxLength: 60,
    size: 'max',
  })
  .map(parts => parts.flat())

const ACCOUNTS: readonly AccountType[] = ['BASIC', 'OPERATION']

const days = ({ scheduler }: TestAccounts): string[] => {
  const all: string[] = []
  for (let at = START; dateOf(at) <= dateOf(scheduler.now()); at += DAY) all.push(dateOf(at))
  return all
}

type Rows = ReadBill['rows']
const NO_BILL: ReadBill = { rows: [], sums: {} }
const read = (text: string | undefined): ReadBill => (text === undefined ? NO_BILL : readBill(text))

function readTrade(date: string, of: TestAccounts): Rows {
  const { rows, sums } = read(tradeBill(date, 'ALL', of))
  if (rows.length === 0) return rows
  expect(rows.every(row => row.交易时间!.startsWith(date))).toBe(true)
  expect(Number(sums.总交易单数)).toBe(rows.length)
  for (const [title, column] of [
    ['订单总金额', '订单金额'],
    ['应结订单总金额', '应结订单金额'],
    ['申请退款总金额', '申请退款金额'],
    ['退款总金额', '退款金额'],
    ['充值券退款总金额', '充值券退款金额'],
    ['手续费总金额', '手续费'],
  ] as const)
    expect([title, fen(sums[title]!)]).toEqual([title, sum(rows, column)])
  return rows
}

function readFlows(date: string, mchid: string, account: AccountType, of: TestAccounts): Rows {
  const { rows, sums } = read(fundFlowBill(date, mchid, account, [of], 'v3'))
  if (rows.length === 0) return rows
  const [incoming, outgoing] = ['收入', '支出'].map(kind => rows.filter(row => row.收支类型 === kind))
  expect([sums.收入笔数, sums.支出笔数, sums.资金流水总笔数].map(Number)).toEqual([
    incoming!.length,
    outgoing!.length,
    rows.length,
  ])
  expect(fen(sums.收入金额!)).toBe(sum(incoming!, '收支金额(元)'))
  expect(fen(sums.支出金额!)).toBe(sum(outgoing!, '收支金额(元)'))
  return rows
}

const signed = (row: Record<string, string>): number => (row.收支类型 === '支出' ? -1 : 1) * fen(row['收支金额(元)']!)

const moved = (rows: Rows, ...names: string[]): number =>
  rows.reduce((total, row) => total + (names.includes(row.业务名称!) ? signed(row) : 0), 0)

const total = <T>(list: Iterable<T>, amountOf: (item: T) => number): number =>
  [...list].reduce((all, item) => all + amountOf(item), 0)

/** Expects that the trade bill of a day says what the fund flow bills of all merchants say. */
function expectTradeToAgree(date: string, of: TestAccounts): void {
  const trade = readTrade(date, of)
  const basic = OWNERS.flatMap(mchid => readFlows(date, mchid, 'BASIC', of))
  const refunds = [...of.refunds.all()]
  const closed = refunds.filter(({ closedAt }) => closedAt !== undefined && dateOf(closedAt) === date)
  expect(moved(basic, '交易')).toBe(sum(trade, '应结订单金额'))
  expect(0 - moved(basic, '退款', '撤销')).toBe(sum(trade, '退款金额'))
  // Only fund flow bills know of a refund that was closed later.
  expect(0 - moved(basic, '扣除交易手续费', '退回交易手续费')).toBe(
    sum(trade, '手续费') + total(closed, ({ fee }) => fee),
  )
  const discounts = trade.filter(row => row.交易状态 === 'SUCCESS')
  const noCash = sum(discounts, '订单金额') - sum(discounts, '应结订单金额')
  expect(0 - moved(readFlows(date, MERCHANT, 'OPERATION', of), '代金券')).toBe(sum(discounts, '代金券金额') - noCash)
}

/** Expects that the profit sharing bill of a day says what the fund flow bills say of shares and returns. */
function expectSharingToAgree(date: string, of: TestAccounts): void {
  const { rows, sums } = read(profitSharingBill(date, MERCHANT, of))
  const kind = (name: string): Rows => rows.filter(row => row.业务类型 === name)
  const toOthers = kind('分账').filter(row => row.分账接收方 !== row.分账方)
  const outgoing = OWNERS.flatMap(mchid => readFlows(date, mchid, 'BASIC', of)).filter(row => row.收支类型 === '支出')
  expect(0 - moved(outgoing, '分账')).toBe(sum(toOthers, '金额'))
  expect(0 - moved(outgoing, '分账回退')).toBe(sum(kind('分账回退'), '金额'))
  if (rows.length === 0) return
  expect(fen(sums.分账总金额!)).toBe(sum(kind('分账'), '金额'))
  expect(fen(sums.分账回退总金额!)).toBe(sum(kind('分账回退'), '金额'))
}

/** Expects that the fund flow bills of an account go on from each other, and end with the balance of each day. */
function expectFlowsToEndWithBalance(mchid: string, account: AccountType, of: TestAccounts): void {
  let balance = 0
  for (const date of days(of)) {
    for (const row of readFlows(date, mchid, account, of)) {
      balance += signed(row)
      expect(fen(row['账户结余(元)']!)).toBe(balance)
    }
    const { available, pending } = of.funds.closingBalance(mchid, account, date)
    expect([date, mchid, account, available + pending]).toEqual([date, mchid, account, balance])
  }
  const { available, pending } = of.funds.balance(mchid, account)
  expect(available + pending).toBe(balance)
}

/** Expects that the files of each stock say what the orders and refunds of its coupons say. */
function expectCouponsToAgree(of: TestAccounts): void {
  const trade = days(of).flatMap(date => readTrade(date, of))
  const stocks = [...of.coupons.stocks.all()]
  const used = total(stocks, ({ stock_id }) => sum(read(couponUseFlow(stock_id, of)).rows, '优惠金额（元）'))
  expect(used).toBe(sum(trade, '代金券金额'))
  const returned = total(
    stocks.filter(({ no_cash }) => !no_cash),
    ({ stock_id }) => sum(read(couponRefundFlow(stock_id, of)).rows, '优惠金额（元）'),
  )
  const flows = days(of).flatMap(date => readFlows(date, MERCHANT, 'OPERATION', of))
  expect(moved(flows, '代金券退款')).toBe(returned)
}

/** Expects that the bill of all sub-merchants has the rows of each. */
function expectSubMerchantsToAgree(date: string, of: TestAccounts): void {
  const all = read(subMerchantsFundFlowBill(date, mchid => mchid === SUB_MERCHANT, [of])).rows
  const each = ACCOUNTS.flatMap(account => readFlows(date, SUB_MERCHANT, account, of))
  const numbers = (rows: Rows): string[] => rows.map(row => `${row.资金流水单号} ${signed(row)}`).sort()
  expect(numbers(all)).toEqual(numbers(each))
}

function expectBillsToAgree(of: TestAccounts): void {
  for (const date of days(of)) {
    expectTradeToAgree(date, of)
    expectSharingToAgree(date, of)
    expectSubMerchantsToAgree(date, of)
  }
  for (const mchid of OWNERS) for (const account of ACCOUNTS) expectFlowsToEndWithBalance(mchid, account, of)
  expectCouponsToAgree(of)
}

/** Expects that no order gives back more than it took. */
function expectRefundsToBeBounded(of: TestAccounts): void {
  for (const order of of.orders.all()) {
    const refunds = [...of.refunds.all()].filter(
      ({ transaction_id, status }) => transaction_id === order.transaction_id && status !== 'CLOSED',
    )
    const refunded = total(refunds, ({ refund }) => refund)
    expect(refunded).toBeLessThanOrEqual(order.amount.total)
    expect(total(refunds, ({ fee }) => fee)).toBeLessThanOrEqual(Math.round(order.amount.total * 0.006))
    if (refunded > 0) expect(order.trade_state).toBe('REFUND')
  }
}

it('the bills of all products agree with each other, with the accounts and with those of a restored copy', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(histories, async history => {
      const { accounts, outcomes } = await live(history)
      for (const outcome of outcomes) seen.add(outcome)
      // Lets the last refunds and shares arrive.
      await accounts.scheduler.advance(MINUTE)
      expectBalancesToBeMovements(accounts, OWNERS)
      expectRefundsToBeBounded(accounts)
      expectBillsToAgree(accounts)
      const restored = createTestAccounts(accounts.state.snapshot())
      expectBalancesToBeMovements(restored, OWNERS)
      for (const date of days(accounts)) {
        expect(tradeBill(date, 'ALL', restored)).toBe(tradeBill(date, 'ALL', accounts))
        expect(profitSharingBill(date, MERCHANT, restored)).toBe(profitSharingBill(date, MERCHANT, accounts))
      }
    }),
    { numRuns: HISTORIES, examples: EXAMPLES.map(history => [history]) },
  )
  // The histories reach each deed.
  expect(DEED_NAMES.filter(name => !seen.has(name))).toEqual([])
})
