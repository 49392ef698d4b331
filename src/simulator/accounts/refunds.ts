import { DAY, SECOND } from '../clock/time.ts'
import type { SignType } from '../v2/signature.ts'
import type { AccountsContext } from './context.ts'
import { fingerprint, requireRepetition } from './fingerprint.ts'
import { type FundFlow, fee } from './funds.ts'
import { newNumber } from './numbers.ts'
import { type Order, type Orders, orderKey, payeeOf } from './orders.ts'
import { Rejection } from './rejection.ts'

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
  /** Of an order that was placed at `/v3/global/…`. */
  readonly overseas?: true | undefined
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

/** The key of a refund: `out_refund_no` is unique within the merchant whose order it is of. */
export const refundKey = ({ sub_mchid, out_refund_no }: Pick<RefundDraft, 'sub_mchid' | 'out_refund_no'>): string =>
  sub_mchid === undefined ? out_refund_no : `${sub_mchid}/${out_refund_no}`

export interface RefundSettled {
  readonly type: 'refund-settled'
  readonly refund: Refund
  readonly order: Order
}

/**
 * One store under both API versions. `key`: see {@link refundKey}. A refund is accepted as `PROCESSING`; it becomes `SUCCESS` some seconds later, or
 * when it is first queried, by either API, if that is sooner: a merchant's code has to cope with both, and no clock
 * needs to run. Whoever wants another result orders it.
 */
export interface Refunds {
  /** The same number with the same parameters again is the same refund. */
  apply(draft: RefundDraft): Refund
  query(key: string): Refund
  queryById(refund_id: string): Refund
  /** Every refund of an order, the oldest first. */
  queryOfOrder(orderKey: string): Refund[]
  /** A refund as it is, without the query that would settle it. */
  find(key: string): Refund | undefined
  /**
   * Finds a refund by its number alone, as a test names it.
   *
   * @throws {Rejection} `REFUND_AMBIGUOUS`: several merchants use the number, and `sub_mchid` is needed
   */
  findByNumber(out_refund_no: string, sub_mchid?: string): Refund | undefined
  /** Gives a refund that is processed its result. */
  settle(key: string, result: RefundResult): Refund
  /** Sends an abnormal refund to another account (发起异常退款). */
  redirect(refund_id: string, key: string): Refund
  all(): Iterable<Refund>
  flows(): Iterable<FundFlow>
}

const PROCESSING_TIME = 3 * SECOND
const REFUND_TIME = 365 * DAY
const MAX_REFUNDS = 50

export function createRefunds(context: AccountsContext<RefundSettled>, orders: Orders): Refunds {
  const { state, scheduler, now, emit } = context
  const refunds = state.map<Refund>('refunds')
  const numbers = new Map<string, string>()
  const ofOrder = new Map<string, string[]>()
  /** The keys by `out_refund_no`. */
  const keys = new Map<string, Set<string>>()
  const indexRefund = (refund: Refund): void => {
    const key = refundKey(refund)
    const order = orderKey(refund)
    numbers.set(refund.refund_id, key)
    keys.set(refund.out_refund_no, (keys.get(refund.out_refund_no) ?? new Set()).add(key))
    ofOrder.set(order, [...(ofOrder.get(order) ?? []), key])
  }
  for (const refund of refunds.values()) indexRefund(refund)
  const saveRefund = (refund: Refund): Refund => {
    refunds.set(refundKey(refund), refund)
    return refund
  }
  const refundsOf = (order: string): Refund[] => (ofOrder.get(order) ?? []).map(key => refunds.get(key)!)
  /** Those whose money has gone: all but the closed ones. */
  const unclosedRefunds = (order: Order) => refundsOf(orderKey(order)).filter(({ status }) => status !== 'CLOSED')

  const settle = (key: string, result: RefundResult): Refund => {
    const refund = refunds.get(key)
    if (!refund) throw new Rejection('REFUND_UNKNOWN', key)
    if (refund.status !== 'PROCESSING') throw new Rejection('REFUND_SETTLED', `${key} is ${refund.status}`)
    const times = { ...(result === 'SUCCESS' && { succeeded: now() }), ...(result === 'CLOSED' && { closed: now() }) }
    const settled = saveRefund({ ...refund, status: result, ...times })
    const order = orders.find(orderKey(refund))!
    if (result === 'CLOSED') orders.creditPayee(order, refund.refund - refund.fee)
    emit({ type: 'refund-settled', refund: settled, order })
    return settled
  }
  scheduler.on<{ key: string }>('refund', ({ key }) => {
    if (refunds.get(key)?.status === 'PROCESSING') settle(key, 'SUCCESS')
  })
  const startProcessing = (refund: Refund): Refund => {
    scheduler.schedule(now() + PROCESSING_TIME, 'refund', { key: refundKey(refund) })
    return saveRefund(refund)
  }
  const query = (key: string | undefined): Refund => {
    const refund = refunds.get(key ?? '')
    if (!refund) throw new Rejection('REFUND_UNKNOWN', key)
    return refund.status === 'PROCESSING' ? settle(refundKey(refund), 'SUCCESS') : refund
  }
  /** @throws {Rejection} when the order does not admit the refund */
  const requireRefundable = (draft: RefundDraft, order: Order): void => {
    const before = unclosedRefunds(order)
    const left = order.amount.total - sum(before, ({ refund }) => refund)
    const shared = order.sharing?.shared ?? 0
    if (draft.total !== order.amount.total) throw new Rejection('REFUND_TOTAL_MISMATCH', order.out_trade_no)
    if (now() >= order.paid! + REFUND_TIME) throw new Rejection('REFUND_OVERDUE', order.out_trade_no)
    if (left === 0) throw new Rejection('REFUNDED_WHOLLY', order.out_trade_no)
    if (draft.refund > left) throw new Rejection('REFUND_TOO_MUCH', `${left} are left`)
    if (draft.refund > left - shared + (draft.available ?? 0))
      throw new Rejection('REFUND_SHARED', `${left - shared} have not been shared`)
    if (before.length >= MAX_REFUNDS) throw new Rejection('REFUND_TOO_MANY', order.out_trade_no)
  }
  /** So that all refunds of an order together never give back more than its fee, whatever was rounded. */
  const feeRefund = (draft: RefundDraft, order: Order): number => {
    const { amount } = order
    const before = unclosedRefunds(order)
    const left = amount.total - sum(before, ({ refund }) => refund) - draft.refund
    return Math.max(0, fee(amount.total) - fee(left) - sum(before, ({ fee }) => fee))
  }
  return {
    apply(draft) {
      const order = requirePaidOrder(draft, orders)
      const { out_trade_no } = order
      const transaction_id = order.transaction_id!
      const { api: _api, sign_type: _type, ...parameters } = draft
      const mark = fingerprint({ ...parameters, out_trade_no, transaction_id })
      const before = refunds.get(refundKey(draft))
      requireRepetition(before, mark, 'REFUND_NUMBER_USED', draft.out_refund_no)
      if (before) return before
      requireRefundable(draft, order)
      const back = feeRefund(draft, order)
      const net = draft.refund - back
      orders.debitPayee(order, net, draft.source === 'AVAILABLE' ? net : Math.min(net, draft.available ?? 0))
      orders.markRefunded(orderKey(order))
      const accepted: Refund = {
        ...draft,
        out_trade_no,
        transaction_id,
        refund_id: newNumber('refund_id', context, number => numbers.has(number)),
        status: 'PROCESSING',
        channel: 'ORIGINAL',
        fee: back,
        created: now(),
        fingerprint: mark,
      }
      indexRefund(accepted)
      return startProcessing(accepted)
    },
    query,
    queryById: refund_id => query(numbers.get(refund_id)),
    queryOfOrder: order => (ofOrder.get(order) ?? []).map(query),
    find: key => refunds.get(key),
    findByNumber(out_refund_no, sub_mchid) {
      if (sub_mchid !== undefined) return refunds.get(refundKey({ out_refund_no, sub_mchid }))
      const [key, ...others] = keys.get(out_refund_no) ?? []
      if (others.length > 0) throw new Rejection('REFUND_AMBIGUOUS', out_refund_no)
      return key === undefined ? undefined : refunds.get(key)
    },
    settle,
    redirect(refund_id, key) {
      const refund = refunds.get(key)
      if (refund?.refund_id !== refund_id) throw new Rejection('REFUND_UNKNOWN', refund_id)
      if (refund.status !== 'ABNORMAL') throw new Rejection('REFUND_NOT_ABNORMAL', key)
      return startProcessing({ ...refund, status: 'PROCESSING', channel: 'OTHER_BANKCARD' })
    },
    all: () => refunds.values(),
    *flows() {
      for (const refund of refunds.values()) {
        const order = orders.find(orderKey(refund))!
        const { currency } = order.amount
        const common = {
          mchid: payeeOf(order),
          account: 'BASIC',
          currency,
          number: refund.refund_id,
          voucher: refund.out_refund_no,
        } as const
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

function requirePaidOrder({ out_trade_no, transaction_id, sub_mchid, overseas }: RefundDraft, orders: Orders): Order {
  const order =
    out_trade_no === undefined
      ? orders.findByTransaction(transaction_id ?? '')
      : orders.find(orderKey({ out_trade_no, sub_mchid }))
  if (order?.sub_mchid !== sub_mchid || !order || order.overseas !== overseas)
    throw new Rejection('REFUND_ORDER_UNKNOWN', out_trade_no)
  if (order.paid === undefined || order.revoked !== undefined) throw new Rejection('REFUND_ORDER_UNPAID', out_trade_no)
  if (transaction_id !== undefined && order.transaction_id !== transaction_id)
    throw new Rejection('REFUND_ORDER_UNKNOWN', transaction_id)
  return order
}
