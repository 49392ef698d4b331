import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DAY, HOUR } from '../../../src/core/base/time.ts'
import { allFlows } from '../../../src/simulator/accounts/accounts.ts'
import type { AccountType } from '../../../src/simulator/accounts/funds.ts'
import type { Order } from '../../../src/simulator/accounts/orders/order.ts'
import { refundKey } from '../../../src/simulator/accounts/refunds/refund.ts'
import { Rejection } from '../../../src/simulator/accounts/rejection.ts'
import { fundFlowBill } from '../../../src/simulator/bill/fund-flow.ts'
import { tradeBill } from '../../../src/simulator/bill/trade.ts'
import { dateOf } from '../../../src/simulator/clock/time.ts'
import { createTestAccounts, draft, START, type TestAccounts } from '../accounts/account-records.ts'
import { fen, readBill, sum } from './bill-reader.ts'

/** Actions of a merchant and its shoppers, each with a number to choose by and an amount. */
const DEEDS = {
  pay(of, n, amount) {
    of.orders.place(draft(`o${n}`, amount, { profit_sharing: n % 3 === 0, ...(n % 4 === 0 && { sub_mchid: '3' }) }))
    of.orders.pay(`o${n}`)
  },
  micropay(of, n, amount) {
    of.micropay.pay(draft(`m${n}`, amount, { trade_type: 'MICROPAY' }), `13${String(n).padStart(16, '0')}`)
  },
  reverse: (of, n) => void of.micropay.reverse(`m${n}`),
  /** Pays a combined order: one part is the merchant's own, the other a sub-merchant's that is shared. */
  combine(of, n, amount) {
    const combine_out_trade_no = `c${n}`
    const common = { combine_out_trade_no, trade_type: 'JSAPI' as const }
    of.combinedOrders.place({
      combine_out_trade_no,
      combine_appid: 'wx',
      combine_mchid: '1',
      trade_type: 'JSAPI',
      payer: {},
      fingerprint: '1',
      sub_orders: [
        draft(`x${n}`, amount, common),
        draft(`y${n}`, amount, { ...common, sub_mchid: '3', profit_sharing: n % 2 === 0 }),
      ],
    })
    of.combinedOrders.pay(combine_out_trade_no)
  },
  packet: (of, n, amount) =>
    void of.redPackets.send({
      mch_billno: `h${n}`,
      mch_id: '1',
      wxappid: 'wx',
      re_openid: 'o',
      total_amount: amount,
      wishing: 'w',
      act_name: 'a',
      remark: 'r',
      fingerprint: String(amount),
    }),
  receive: (of, n) => void of.redPackets.receive(`h${n}`),
  refund(of, n, amount) {
    const order = chooseOrder(of, n, amount)
    if (!order) return
    const { out_trade_no, sub_mchid } = order
    of.refunds.apply({
      api: 'v3',
      out_refund_no: `r${n}-${amount}`,
      out_trade_no,
      sub_mchid,
      total: order.amount.total,
      refund: amount,
      source: amount % 2 ? 'UNSETTLED' : 'AVAILABLE',
    })
  },
  settle(of, n, amount) {
    const open = [...of.refunds.all()].filter(({ status }) => status === 'PROCESSING')
    const refund = open[n % open.length]
    if (refund) of.refunds.settle(refundKey(refund), (['SUCCESS', 'CLOSED', 'ABNORMAL'] as const)[amount % 3]!)
  },
  share(of, n, amount) {
    const order = chooseOrder(of, n, amount)
    if (!order?.transaction_id) return
    const { transaction_id, sub_mchid } = order
    of.profitSharing.orders.share({
      transaction_id,
      sub_mchid,
      out_order_no: `s${n}-${amount}`,
      unfreeze_unsplit: amount % 2 === 0,
      receivers: [{ type: 'MERCHANT_ID', account: amount % 3 ? '2' : '1', amount, description: 'd' }],
    })
  },
  return(of, n, amount) {
    const sharings = [...of.profitSharing.orders.all()]
    const sharing = sharings[n % sharings.length]
    if (!sharing) return
    const { out_order_no } = sharing
    const out_return_no = `b${n}-${amount}`
    of.profitSharing.returns.apply({ out_order_no, out_return_no, return_mchid: '2', amount, description: 'd' })
  },
  transfer: (of, n, transfer_amount) =>
    void of.transfers.place({
      out_bill_no: `t${n}`,
      appid: 'wx',
      mchid: '1',
      openid: 'o',
      transfer_amount,
      transfer_remark: 'd',
      fingerprint: String(transfer_amount),
    }),
  confirm: (of, n) => void of.transfers.confirm(`t${n}`),
  cancel: (of, n) => void of.transfers.cancel(`t${n}`),
  batch: (of, n, amount) =>
    void of.transferBatches.place({
      out_batch_no: `z${n}`,
      appid: 'wx',
      mchid: '1',
      batch_name: 'n',
      batch_remark: 'r',
      fingerprint: '1',
      details: [1, 2].map(detail => ({
        out_detail_no: `d${detail}`,
        openid: 'o',
        transfer_amount: amount,
        transfer_remark: 'd',
      })),
    }),
  fund: (of, n, amount) => void of.funds.deposit('1', n % 2 ? 'OPERATION' : 'BASIC', n % 3 ? amount : -amount),
  wait: (of, n) => of.scheduler.advance(n * HOUR),
} as const satisfies Record<string, (of: TestAccounts, n: number, amount: number) => void | Promise<void>>

/** Returns an order, or a part of a combined one. */
function chooseOrder(of: TestAccounts, n: number, amount: number): Order | undefined {
  const placed = [`o${n}`, `x${n}`, `3/y${n}`].map(key => of.orders.find(key)).filter(order => order !== undefined)
  return placed[amount % placed.length]
}

type Deed = readonly [deed: keyof typeof DEEDS, n: number, amount: number]
const NAMES = Object.keys(DEEDS) as (keyof typeof DEEDS)[]
/** Few numbers and amounts, so that what one deed begins another goes on with. */
const deeds = fc.array(
  fc.tuple(
    fc.constantFrom(...NAMES, 'pay', 'refund', 'share'),
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom(1, 2, 3, 83, 250, 333, 1_000, 3_001, 10_000),
  ) as fc.Arbitrary<Deed>,
  { maxLength: 120, size: 'max' },
)

/** Does what can be done; what is refused is refused for a reason. */
async function live(history: readonly Deed[]): Promise<TestAccounts> {
  const of = createTestAccounts()
  for (const mchid of ['1', '3']) of.profitSharing.receivers.add(mchid, { type: 'MERCHANT_ID', account: '2' })
  for (const [deed, n, amount] of history)
    try {
      await DEEDS[deed](of, n, amount)
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
    }
  return of
}

const days = (of: TestAccounts): string[] => {
  const all: string[] = []
  for (let at = START; dateOf(at) <= dateOf(of.scheduler.now()); at += DAY) all.push(dateOf(at))
  return all
}

it('accounts for every fen by the movements, and no balance is negative', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, async history => {
      const of = await live(history)
      const sums = new Map<string, number>()
      for (const { mchid, account, amount } of allFlows(of)) {
        const key = `${mchid}/${account}`
        sums.set(key, (sums.get(key) ?? 0) + amount)
      }
      for (const mchid of ['1', '2', '3'])
        for (const account of ['BASIC', 'OPERATION'] as const) {
          const key = `${mchid}/${account}`
          const { available, pending } = of.funds.balance(mchid, account)
          expect([key, available + pending]).toEqual([key, sums.get(key) ?? 0])
          expect(available).toBeGreaterThanOrEqual(0)
          expect(pending).toBeGreaterThanOrEqual(0)
        }
    }),
    { numRuns: 300 },
  )
})

it('never refunds more than an order, nor more than its fee', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, async history => {
      const of = await live(history)
      for (const order of of.orders.all()) {
        const refunds = [...of.refunds.all()].filter(
          ({ out_trade_no, status }) => out_trade_no === order.out_trade_no && status !== 'CLOSED',
        )
        const total = refunds.reduce((sum, { refund }) => sum + refund, 0)
        const fees = refunds.reduce((sum, { fee }) => sum + fee, 0)
        expect(total).toBeLessThanOrEqual(order.amount.total)
        expect(fees).toBeLessThanOrEqual(Math.round(order.amount.total * 0.006))
        if (total > 0) expect(order.trade_state).toBe('REFUND')
      }
    }),
    { numRuns: 300 },
  )
})

it('agree with the accounts and with each other on all days', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, async history => {
      const of = await live(history)
      let paid = 0
      let returned = 0
      let fees = 0
      for (const date of days(of)) {
        const text = tradeBill(date, 'ALL', of)
        if (text === undefined) continue
        const { rows, sums } = readBill(text)
        expect(rows.every(row => row.交易时间!.startsWith(date))).toBe(true)
        expect(Number(sums.总交易单数)).toBe(rows.length)
        for (const [title, column] of [
          ['应结订单总金额', '应结订单金额'],
          ['退款总金额', '退款金额'],
          ['手续费总金额', '手续费'],
        ] as const)
          expect(fen(sums[title]!)).toBe(sum(rows, column))
        paid += sum(rows, '订单金额')
        returned += sum(rows, '退款金额')
        fees += sum(rows, '手续费')
      }
      const orders = [...of.orders.all()].filter(({ paidAt }) => paidAt !== undefined)
      const gone = [...of.refunds.all()].reduce((total, { refund }) => total + refund, 0)
      const revoked = orders.reduce(
        (total, { revokedAt, amount }) => total + (revokedAt === undefined ? 0 : amount.total),
        0,
      )
      expect(paid).toBe(orders.reduce((total, { amount }) => total + amount.total, 0))
      expect(returned).toBe(gone + revoked)
      // The trade bills agree with the movements of the fund flow bills, except for refunds that were closed and returned.
      const flows = ['1', '3'].flatMap(mchid => days(of).flatMap(date => fundRows(of, date, mchid)))
      const moved = (...names: string[]) =>
        flows.reduce((total, row) => total + (names.includes(row.业务名称!) ? signed(row) : 0), 0)
      expect(moved('交易')).toBe(paid)
      expect(0 - moved('退款', '撤销')).toBe(returned)
      const closed = [...of.refunds.all()].reduce(
        (total, { closedAt, fee }) => total + (closedAt === undefined ? 0 : fee),
        0,
      )
      expect(0 - moved('扣除交易手续费', '退回交易手续费')).toBe(fees + closed)
    }),
    { numRuns: 200 },
  )
})

it('end the fund flow bill with the balance', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, async history => {
      const of = await live(history)
      for (const account of ['BASIC', 'OPERATION'] as const) {
        const last = days(of)
          .flatMap(date => fundRows(of, date, '1', account))
          .at(-1)
        if (!last) continue
        const { available, pending } = of.funds.balance('1', account)
        expect(fen(last['账户结余(元)']!)).toBe(available + pending)
      }
    }),
    { numRuns: 200 },
  )
})

function fundRows(of: TestAccounts, date: string, mchid: string, account: AccountType = 'BASIC') {
  const text = fundFlowBill(date, mchid, account, [of], 'v3')
  if (text === undefined) return []
  const { rows, sums } = readBill(text)
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
