import { fingerprint } from '../fingerprint.ts'
import { Rejection } from '../rejection.ts'
import { DAY, SECOND } from '../time.ts'
import type { SignType } from '../v2/signature.ts'
import { fee } from './fee.ts'
import type { Flow } from './flow.ts'
import type { Ground } from './ground.ts'
import { newNumber } from './numbers.ts'
import { type Order, type Orders, payee } from './orders.ts'

/** Where the money comes from: what is not settled yet (the default), or the settled balance. */
export type RefundSource = 'UNSETTLED' | 'AVAILABLE'
export type RefundStatus = 'PROCESSING' | 'SUCCESS' | 'CLOSED' | 'ABNORMAL'
/** What may become of a refund that is processed. */
export type RefundResult = Exclude<RefundStatus, 'PROCESSING'>

export interface RefundDraft {
  /** Through which API it came, and is told of. */
  readonly api: 'v3' | 'v2'
  /** v2: what its message was signed with. */
  readonly sign_type?: SignType | undefined
  readonly out_refund_no: string
  /** One of these two at least; both must mean the same order. */
  readonly out_trade_no?: string | undefined
  readonly transaction_id?: string | undefined
  /** Whose order it is, where it is a service provider's. */
  readonly sub_mchid?: string | undefined
  readonly total: number
  readonly refund: number
  readonly reason?: string | undefined
  readonly source: RefundSource
  /** How much of it the settled balance pays (`amount.from`): money that has been shared need not come back for that. */
  readonly available?: number | undefined
  readonly notify_url?: string | undefined
}

export interface Refund extends RefundDraft {
  readonly refund_id: string
  readonly out_trade_no: string
  readonly transaction_id: string
  readonly status: RefundStatus
  /** 原路退款, or to another card where that failed. */
  readonly channel: 'ORIGINAL' | 'OTHER_BANKCARD'
  /** What WeChat Pay gives back of its own fee, in fen. */
  readonly fee: number
  /** ms */
  readonly created: number
  readonly succeeded?: number
  /** When it was closed, and the money came back, ms. */
  readonly closed?: number
  readonly fingerprint: string
}

/**
 * One store under both API versions. A refund is accepted as `PROCESSING`; it becomes `SUCCESS` some seconds later, or
 * when it is first queried, by either API, if that is sooner: a merchant's code has to cope with both, and no clock
 * needs to run. Whoever wants another result orders it.
 */
export interface Refunds {
  /** The same number with the same parameters again is the same refund. */
  apply(draft: RefundDraft): Refund
  query(out_refund_no: string): Refund
  queryById(refund_id: string): Refund
  /** Every refund of an order, the oldest first. */
  queryOfOrder(out_trade_no: string): Refund[]
  /** A refund as it is, without the query that would settle it. */
  find(out_refund_no: string): Refund | undefined
  /** Gives a refund that is processed its result. */
  settle(out_refund_no: string, result: RefundResult): Refund
  /** Sends an abnormal refund to another account (发起异常退款). */
  redirect(refund_id: string, out_refund_no: string): Refund
  all(): Iterable<Refund>
  flows(): Iterable<Flow>
}

const PROCESSING_TIME = 3 * SECOND
const REFUNDABLE = 365 * DAY
const MOST_REFUNDS = 50

export function createRefunds(ground: Ground, orders: Orders): Refunds {
  const { state, agenda, now, tell } = ground
  const refunds = state.map<Refund>('refunds')
  const numbers = new Map<string, string>()
  const ofOrder = new Map<string, string[]>()
  const index = ({ refund_id, out_refund_no, out_trade_no }: Refund): void => {
    numbers.set(refund_id, out_refund_no)
    ofOrder.set(out_trade_no, [...(ofOrder.get(out_trade_no) ?? []), out_refund_no])
  }
  for (const refund of refunds.values()) index(refund)
  const keep = (refund: Refund): Refund => {
    refunds.set(refund.out_refund_no, refund)
    return refund
  }
  const of = (out_trade_no: string): Refund[] => (ofOrder.get(out_trade_no) ?? []).map(number => refunds.get(number)!)
  /** Those whose money has gone: all but the closed ones. */
  const standing = (out_trade_no: string) => of(out_trade_no).filter(({ status }) => status !== 'CLOSED')

  const settle = (out_refund_no: string, result: RefundResult): Refund => {
    const refund = refunds.get(out_refund_no)
    if (!refund) throw new Rejection('REFUND_UNKNOWN', out_refund_no)
    if (refund.status !== 'PROCESSING') throw new Rejection('REFUND_SETTLED', `${out_refund_no} is ${refund.status}`)
    const times = { ...(result === 'SUCCESS' && { succeeded: now() }), ...(result === 'CLOSED' && { closed: now() }) }
    const settled = keep({ ...refund, status: result, ...times })
    const order = orders.find(refund.out_trade_no)!
    if (result === 'CLOSED') orders.giveAgain(order, refund.refund - refund.fee)
    tell({ what: 'refund settled', refund: settled, order })
    return settled
  }
  agenda.on<{ out_refund_no: string }>('refund', ({ out_refund_no }) => {
    if (refunds.get(out_refund_no)?.status === 'PROCESSING') settle(out_refund_no, 'SUCCESS')
  })
  const process = (refund: Refund): Refund => {
    agenda.schedule(now() + PROCESSING_TIME, 'refund', { out_refund_no: refund.out_refund_no })
    return keep(refund)
  }
  const query = (out_refund_no: string | undefined): Refund => {
    const refund = refunds.get(out_refund_no ?? '')
    if (!refund) throw new Rejection('REFUND_UNKNOWN', out_refund_no)
    return refund.status === 'PROCESSING' ? settle(refund.out_refund_no, 'SUCCESS') : refund
  }
  /** @throws {Rejection} when the order does not admit the refund */
  const admit = (draft: RefundDraft, order: Order): void => {
    const before = standing(order.out_trade_no)
    const left = order.amount.total - sum(before, ({ refund }) => refund)
    const shared = order.sharing?.shared ?? 0
    if (draft.total !== order.amount.total) throw new Rejection('REFUND_TOTAL_MISMATCH', order.out_trade_no)
    if (now() >= order.paid! + REFUNDABLE) throw new Rejection('REFUND_OVERDUE', order.out_trade_no)
    if (left === 0) throw new Rejection('REFUNDED_WHOLLY', order.out_trade_no)
    if (draft.refund > left) throw new Rejection('REFUND_TOO_MUCH', `${left} fen are left`)
    if (draft.refund > left - shared + (draft.available ?? 0))
      throw new Rejection('REFUND_SHARED', `${left - shared} fen have not been shared`)
    if (before.length >= MOST_REFUNDS) throw new Rejection('REFUND_TOO_MANY', order.out_trade_no)
  }
  /** So that all refunds of an order together never give back more than its fee, whatever was rounded. */
  const feeBack = (draft: RefundDraft, { out_trade_no, amount }: Order): number => {
    const before = standing(out_trade_no)
    const left = amount.total - sum(before, ({ refund }) => refund) - draft.refund
    return Math.max(0, fee(amount.total) - fee(left) - sum(before, ({ fee }) => fee))
  }
  return {
    apply(draft) {
      const order = paidOrder(draft, orders)
      const { out_trade_no } = order
      const transaction_id = order.transaction_id!
      const { api: _api, sign_type: _type, ...parameters } = draft
      const mark = fingerprint({ ...parameters, out_trade_no, transaction_id })
      const before = refunds.get(draft.out_refund_no)
      if (before?.fingerprint === mark) return before
      if (before) throw new Rejection('REFUND_NUMBER_USED', draft.out_refund_no)
      admit(draft, order)
      const back = feeBack(draft, order)
      const net = draft.refund - back
      orders.takeBack(order, net, draft.source === 'AVAILABLE' ? net : Math.min(net, draft.available ?? 0))
      orders.refunded(out_trade_no)
      const accepted: Refund = {
        ...draft,
        ...{ out_trade_no, transaction_id },
        refund_id: newNumber('refund_id', ground, number => numbers.has(number)),
        ...{ status: 'PROCESSING', channel: 'ORIGINAL', fee: back, created: now(), fingerprint: mark },
      }
      index(accepted)
      return process(accepted)
    },
    query,
    queryById: refund_id => query(numbers.get(refund_id)),
    queryOfOrder: out_trade_no => (ofOrder.get(out_trade_no) ?? []).map(query),
    find: out_refund_no => refunds.get(out_refund_no),
    settle,
    redirect(refund_id, out_refund_no) {
      const refund = refunds.get(out_refund_no)
      if (refund?.refund_id !== refund_id) throw new Rejection('REFUND_UNKNOWN', refund_id)
      if (refund.status !== 'ABNORMAL') throw new Rejection('REFUND_NOT_ABNORMAL', out_refund_no)
      return process({ ...refund, status: 'PROCESSING', channel: 'OTHER_BANKCARD' })
    },
    all: () => refunds.values(),
    *flows() {
      for (const refund of refunds.values()) {
        const mchid = payee(orders.find(refund.out_trade_no)!)
        const common = { mchid, account: 'BASIC', number: refund.refund_id, voucher: refund.out_refund_no } as const
        const remark = refund.reason
        const { created: at, closed } = refund
        yield { ...common, at, business: '退款', fen: -refund.refund, remark }
        if (refund.fee > 0) yield { ...common, at, business: '退回交易手续费', fen: refund.fee }
        if (closed === undefined) continue
        yield { ...common, at: closed, business: '退款关闭', fen: refund.refund, remark }
        if (refund.fee > 0) yield { ...common, at: closed, business: '扣除交易手续费', fen: -refund.fee }
      }
    },
  }
}

const sum = <T>(list: readonly T[], of: (one: T) => number): number => list.reduce((total, one) => total + of(one), 0)

function paidOrder({ out_trade_no, transaction_id, sub_mchid }: RefundDraft, orders: Orders): Order {
  const order = out_trade_no === undefined ? orders.findByTransaction(transaction_id ?? '') : orders.find(out_trade_no)
  if (order?.sub_mchid !== sub_mchid || !order) throw new Rejection('REFUND_ORDER_UNKNOWN', out_trade_no)
  if (order.paid === undefined || order.revoked !== undefined) throw new Rejection('REFUND_ORDER_UNPAID', out_trade_no)
  if (transaction_id !== undefined && order.transaction_id !== transaction_id)
    throw new Rejection('REFUND_ORDER_UNKNOWN', transaction_id)
  return order
}
