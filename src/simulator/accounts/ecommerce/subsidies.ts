import type { AccountsContext } from '../context.ts'
import { fingerprintOf } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { type Order, orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { createRecords } from '../records.ts'
import type { Refunds } from '../refunds/refunds.ts'
import { Rejection } from '../rejection.ts'

export interface SubsidyDraft {
  /** Platform that pays. */
  readonly sp_mchid: string
  readonly sub_mchid: string
  readonly transaction_id: string
  readonly amount: number
  readonly description: string
  readonly refund_id?: string | undefined
  readonly out_subsidy_no?: string | undefined
}

/** An amount that a platform adds to the order of a sub-merchant (补差), before the order is shared. */
export interface Subsidy extends SubsidyDraft {
  readonly subsidy_id: string
  /** ms */
  readonly createdAt: number
  readonly fingerprint: string
}

export interface SubsidyReturnDraft {
  readonly sub_mchid: string
  readonly out_order_no: string
  readonly transaction_id: string
  readonly refund_id: string
  readonly amount: number
  readonly description: string
  readonly subsidy_id?: string | undefined
  /**
   * Accounts that the amount comes from. Only repeated in the response: the simulated amount always comes from the
   * sub-merchant's account.
   */
  readonly from?: readonly { readonly account: string; readonly amount: number }[] | undefined
}

/** The return of a subsidy after a refund (补差回退). */
export interface SubsidyReturn extends SubsidyReturnDraft {
  readonly subsidy_refund_id: string
  readonly sp_mchid: string
  readonly createdAt: number
  readonly fingerprint: string
}

/** Subsidies of orders, which take effect at once. */
export interface Subsidies {
  /**
   * Pays a subsidy; repeats the first result for the same number with the same parameters. Without a number, an order has one.
   *
   * @throws {Rejection}
   */
  create(draft: SubsidyDraft): Subsidy
  /** @throws {Rejection} */
  giveBack(draft: SubsidyReturnDraft): SubsidyReturn
  /**
   * Cancels the subsidy of an order that has been refunded, before there is one (取消补差).
   *
   * @throws {Rejection} `SUBSIDY_EXISTS`, `SUBSIDY_NOT_REFUNDED`
   */
  cancel(sub_mchid: string, transaction_id: string): void
  all(): Iterable<Subsidy>
  flows(): Iterable<FundFlow>
}

export function createSubsidies(context: AccountsContext, orders: Orders, refunds: Refunds, funds: Funds): Subsidies {
  const { state, now } = context
  const records = createRecords(state.map<Subsidy>('subsidies'), {
    keyOf: ({ sub_mchid, out_subsidy_no, transaction_id }) => `${sub_mchid}/${out_subsidy_no ?? transaction_id}`,
    numbersOf: ({ subsidy_id }) => [subsidy_id],
  })
  const returns = createRecords(state.map<SubsidyReturn>('subsidy-returns'), {
    keyOf: ({ sub_mchid, out_order_no }) => `${sub_mchid}/${out_order_no}`,
    numbersOf: ({ subsidy_refund_id }) => [subsidy_refund_id],
  })
  const canceled = state.map<true>('canceled-subsidies')
  const requireOrder = (sub_mchid: string, transaction_id: string): Order => {
    const order = orders.findByTransaction(transaction_id)
    if (order?.sub_mchid !== sub_mchid || !order.sharing || order.revokedAt !== undefined)
      throw new Rejection('SUBSIDY_ORDER', transaction_id)
    return order
  }
  const sumOf = (list: Iterable<{ transaction_id: string; amount: number }>, transaction_id: string): number =>
    [...list].reduce((sum, one) => (one.transaction_id === transaction_id ? sum + one.amount : sum), 0)
  const hasRefund = (order: Order, refund_id?: string): boolean =>
    refunds
      .ofOrder(orderKey(order))
      .some(refund => refund.status !== 'CLOSED' && (refund_id === undefined || refund.refund_id === refund_id))
  const addToSubsidy = (order: Order, amount: number): void => {
    const sharing = orders.find(orderKey(order))!.sharing!
    orders.updateSharing(orderKey(order), { ...sharing, subsidy: sharing.subsidy + amount })
  }
  return {
    create(draft) {
      const { sp_mchid, sub_mchid, transaction_id, amount, out_subsidy_no, refund_id } = draft
      const fingerprint = fingerprintOf(draft)
      const key = `${sub_mchid}/${out_subsidy_no ?? transaction_id}`
      const existing = records.findRepeated(key, fingerprint, 'SUBSIDY_NUMBER_USED')
      if (existing) return existing
      const order = requireOrder(sub_mchid, transaction_id)
      if (order.sharing!.finished || order.sharing!.times > 0 || canceled.has(transaction_id))
        throw new Rejection('SUBSIDY_SHARED', transaction_id)
      if (refund_id !== undefined && !hasRefund(order, refund_id))
        throw new Rejection('SUBSIDY_NOT_REFUNDED', refund_id)
      if (sumOf(records.all(), transaction_id) + amount > order.amount.total)
        throw new Rejection('SUBSIDY_TOO_MUCH', transaction_id)
      funds.requireFunds(sp_mchid, 'OPERATION', 'available', amount, 'SUBSIDY_FUNDS')
      funds.move(sp_mchid, 'OPERATION', 'available', -amount)
      orders.creditPayee(order, amount)
      addToSubsidy(order, amount)
      const subsidy_id = newNumber('order_id', context, records.isTaken)
      return records.save({ ...draft, subsidy_id, createdAt: now(), fingerprint })
    },
    giveBack(draft) {
      const { sub_mchid, out_order_no, transaction_id, refund_id, amount } = draft
      const fingerprint = fingerprintOf(draft)
      const existing = returns.findRepeated(`${sub_mchid}/${out_order_no}`, fingerprint, 'SUBSIDY_NUMBER_USED')
      if (existing) return existing
      const order = requireOrder(sub_mchid, transaction_id)
      if (!hasRefund(order, refund_id)) throw new Rejection('SUBSIDY_NOT_REFUNDED', refund_id)
      const left = sumOf(records.all(), transaction_id) - sumOf(returns.all(), transaction_id)
      if (amount > left) throw new Rejection('SUBSIDY_RETURN_TOO_MUCH', `${left} fen are left`)
      orders.debitPayee(order, amount)
      addToSubsidy(order, -amount)
      const { sp_mchid } = [...records.all()].find(subsidy => subsidy.transaction_id === transaction_id)!
      funds.move(sp_mchid, 'OPERATION', 'available', amount)
      const subsidy_refund_id = newNumber('order_id', context, returns.isTaken)
      return returns.save({ ...draft, sp_mchid, subsidy_refund_id, createdAt: now(), fingerprint })
    },
    cancel(sub_mchid, transaction_id) {
      const order = requireOrder(sub_mchid, transaction_id)
      if (sumOf(records.all(), transaction_id) > 0) throw new Rejection('SUBSIDY_EXISTS', transaction_id)
      if (!hasRefund(order)) throw new Rejection('SUBSIDY_NOT_REFUNDED', transaction_id)
      canceled.set(transaction_id, true)
    },
    all: records.all,
    *flows() {
      for (const { sp_mchid, sub_mchid, createdAt, amount, subsidy_id, out_subsidy_no = '' } of records.all())
        yield* transfer(createdAt, '补差', sp_mchid, sub_mchid, amount, subsidy_id, out_subsidy_no)
      for (const { sp_mchid, sub_mchid, createdAt, amount, subsidy_refund_id, out_order_no } of returns.all())
        yield* transfer(createdAt, '补差回退', sp_mchid, sub_mchid, -amount, subsidy_refund_id, out_order_no)
    },
  }
}

/** The two movements of a subsidy: out of the platform's account, into that of the sub-merchant. */
function* transfer(
  at: number,
  business: string,
  from: string,
  to: string,
  amount: number,
  number: string,
  voucher: string,
): Generator<FundFlow> {
  yield { at, mchid: from, account: 'OPERATION', business, number, voucher, amount: -amount }
  yield { at, mchid: to, account: 'BASIC', business, number, voucher, amount }
}
