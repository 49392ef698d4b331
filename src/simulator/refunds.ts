import { fingerprint } from './fingerprint.ts'
import { digits } from './number.ts'
import type { Order, Orders } from './orders.ts'
import { Rejection } from './rejection.ts'
import { compact, day } from './time.ts'

/** Where the money comes from: what is not settled yet (the default), or the settled balance. */
export type RefundSource = 'UNSETTLED' | 'AVAILABLE'

export interface RefundDraft {
  readonly out_refund_no: string
  /** One of these two at least; both must mean the same order. */
  readonly out_trade_no?: string | undefined
  readonly transaction_id?: string | undefined
  readonly total: number
  readonly refund: number
  readonly reason?: string | undefined
  readonly source: RefundSource
}

export interface Refund {
  readonly out_refund_no: string
  readonly refund_id: string
  readonly out_trade_no: string
  readonly transaction_id: string
  readonly total: number
  readonly refund: number
  readonly reason?: string | undefined
  readonly source: RefundSource
  readonly status: 'PROCESSING' | 'SUCCESS'
  /** ms */
  readonly created: number
  readonly succeeded?: number
  readonly fingerprint: string
}

/**
 * One store under both API versions. A refund is accepted as `PROCESSING` and has become `SUCCESS` when it is first
 * queried, by either API: a merchant's code has to cope with both, and no clock needs to run.
 */
export interface Refunds {
  /** The same number with the same parameters again is the same refund. */
  apply(draft: RefundDraft): Refund
  query(out_refund_no: string): Refund
  queryById(refund_id: string): Refund
  /** Every refund of an order, the oldest first. */
  queryOfOrder(out_trade_no: string): Refund[]
  all(): Iterable<Refund>
}

export function createRefunds(orders: Orders, now: () => number, crypto: Crypto): Refunds {
  const refunds = new Map<string, Refund>()
  const numbers = new Map<string, string>()
  const ofOrder = new Map<string, string[]>()
  const sum = (out_trade_no: string): number =>
    (ofOrder.get(out_trade_no) ?? []).reduce((total, number) => total + refunds.get(number)!.refund, 0)
  const query = (out_refund_no: string | undefined): Refund => {
    const refund = out_refund_no === undefined ? undefined : refunds.get(out_refund_no)
    if (!refund) throw new Rejection('REFUND_UNKNOWN')
    if (refund.status === 'SUCCESS') return refund
    const succeeded: Refund = { ...refund, status: 'SUCCESS', succeeded: now() }
    refunds.set(refund.out_refund_no, succeeded)
    return succeeded
  }
  return {
    apply(draft) {
      const order = paidOrder(draft, orders)
      const mark = fingerprint({ ...draft, out_trade_no: order.out_trade_no, transaction_id: order.transaction_id })
      const before = refunds.get(draft.out_refund_no)
      if (before?.fingerprint === mark) return before
      if (before) throw new Rejection('REFUND_NUMBER_USED')
      if (draft.total !== order.amount.total) throw new Rejection('REFUND_TOTAL_MISMATCH')
      const left = order.amount.total - sum(order.out_trade_no)
      if (left === 0) throw new Rejection('REFUNDED_WHOLLY')
      if (draft.refund > left) throw new Rejection('REFUND_TOO_MUCH')
      if (draft.source === 'AVAILABLE' && draft.refund > balance(orders, refunds.values(), now()))
        throw new Rejection('REFUND_FUNDS')
      const { out_refund_no, total, refund, reason, source } = draft
      const { out_trade_no } = order
      const accepted: Refund = {
        ...{ out_refund_no, total, refund, reason, source, out_trade_no },
        transaction_id: order.transaction_id!,
        refund_id: `5030${digits(6, crypto)}${compact(now()).slice(0, 8)}${digits(11, crypto)}`,
        status: 'PROCESSING',
        created: now(),
        fingerprint: mark,
      }
      refunds.set(out_refund_no, accepted)
      numbers.set(accepted.refund_id, out_refund_no)
      ofOrder.set(out_trade_no, [...(ofOrder.get(out_trade_no) ?? []), out_refund_no])
      orders.refunded(out_trade_no)
      return accepted
    },
    query,
    queryById: refund_id => query(numbers.get(refund_id)),
    queryOfOrder: out_trade_no => (ofOrder.get(out_trade_no) ?? []).map(query),
    all: () => refunds.values(),
  }
}

function paidOrder({ out_trade_no, transaction_id }: RefundDraft, orders: Orders): Order {
  const order = out_trade_no === undefined ? orders.findByTransaction(transaction_id ?? '') : orders.find(out_trade_no)
  if (!order) throw new Rejection('REFUND_ORDER_UNKNOWN')
  if (!order.transaction_id) throw new Rejection('REFUND_ORDER_UNPAID')
  if (transaction_id !== undefined && order.transaction_id !== transaction_id)
    throw new Rejection('REFUND_ORDER_UNKNOWN')
  return order
}

/** What was paid is settled to the balance on the next day (T+1); only refunds out of the balance lower it. */
function balance(orders: Orders, refunds: Iterable<Refund>, now: number): number {
  let fen = 0
  for (const { paid, amount } of orders.all()) if (paid !== undefined && day(paid) < day(now)) fen += amount.total
  for (const { source, refund } of refunds) if (source === 'AVAILABLE') fen -= refund
  return fen
}
