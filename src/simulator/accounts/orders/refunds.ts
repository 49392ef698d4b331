import { DAY, SECOND } from '../../../core/time.ts'
import type { SignType } from '../../v2/signature.ts'
import type { AccountsContext } from '../context.ts'
import { fingerprintOf, refuseChangedRepetition } from '../fingerprint.ts'
import { type FundFlow, feeOf } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import { type Order, type Orders, orderKey, payeeOf } from './orders.ts'

/** Money that a refund is paid from: the unsettled (the default), or the available. */
export type RefundSource = 'UNSETTLED' | 'AVAILABLE'
export type RefundStatus = 'PROCESSING' | 'SUCCESS' | 'CLOSED' | 'ABNORMAL'
/** Result of a refund that is being processed. */
export type RefundResult = Exclude<RefundStatus, 'PROCESSING'>

export interface RefundDraft {
  /** API version of the request, and of the notification. */
  readonly api: 'v3' | 'v2'
  /** APIv2: sign type of the request. */
  readonly sign_type?: SignType | undefined
  readonly out_refund_no: string
  /** At least one of these two; both must belong to the same order. */
  readonly out_trade_no?: string | undefined
  readonly transaction_id?: string | undefined
  /** Set for an order placed at `/v3/global/…`. */
  readonly overseas?: true | undefined
  /** Set for an order of a service provider. */
  readonly sub_mchid?: string | undefined
  readonly total: number
  readonly refund: number
  readonly reason?: string | undefined
  readonly source: RefundSource
  /** Part of the refund that the available balance pays (`amount.from`). It can exceed what has not been shared. */
  readonly available?: number | undefined
  readonly notify_url?: string | undefined
}

export interface Refund extends RefundDraft {
  readonly refund_id: string
  readonly out_trade_no: string
  readonly transaction_id: string
  readonly status: RefundStatus
  /** 原路退款, or another card after that failed. */
  readonly channel: 'ORIGINAL' | 'OTHER_BANKCARD'
  /** Part of its own fee that WeChat Pay returns. */
  readonly fee: number
  /** ms */
  readonly createdAt: number
  readonly succeededAt?: number
  /** Time at which it was closed and the money returned to the merchant, ms. */
  readonly closedAt?: number
  readonly fingerprint: string
}

/** Returns the key of a refund. `out_refund_no` is unique per merchant. */
export const refundKey = ({ sub_mchid, out_refund_no }: Pick<RefundDraft, 'sub_mchid' | 'out_refund_no'>): string =>
  sub_mchid === undefined ? out_refund_no : `${sub_mchid}/${out_refund_no}`

export interface RefundSettled {
  readonly type: 'refund-settled'
  readonly refund: Refund
  readonly order: Order
}

/**
 * Refunds of both API versions. `key` is the {@link refundKey}.
 *
 * A refund is accepted as `PROCESSING`. It succeeds some seconds later, or at the first query by either API, if that is
 * sooner, so that no test needs to move the clock. {@link Refunds.settle} gives it another result.
 */
export interface Refunds {
  /** Accepts a refund; repeats the first result for the same number with the same parameters. */
  apply(draft: RefundDraft): Refund
  query(key: string): Refund
  queryById(refund_id: string): Refund
  /** Queries the refunds of an order, the oldest first. */
  queryOfOrder(orderKey: string): Refund[]
  /** Finds a refund. Unlike {@link Refunds.query}, it does not settle it. */
  find(key: string): Refund | undefined
  /**
   * Finds a refund by its number, without naming the merchant.
   *
   * @param sub_mchid required if several merchants use the number
   * @throws {Rejection} `REFUND_AMBIGUOUS`
   */
  findByNumber(out_refund_no: string, sub_mchid?: string): Refund | undefined
  /** Gives a refund that is being processed its result. */
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
  /** Keys by `refund_id`. */
  const numbers = new Map<string, string>()
  /** Keys by the key of the order. */
  const keysByOrder = new Map<string, string[]>()
  /** Keys by `out_refund_no`. */
  const keys = new Map<string, Set<string>>()
  const indexRefund = (refund: Refund): void => {
    const key = refundKey(refund)
    const order = orderKey(refund)
    numbers.set(refund.refund_id, key)
    keys.set(refund.out_refund_no, (keys.get(refund.out_refund_no) ?? new Set()).add(key))
    keysByOrder.set(order, [...(keysByOrder.get(order) ?? []), key])
  }
  for (const refund of refunds.values()) indexRefund(refund)
  const saveRefund = (refund: Refund): Refund => {
    refunds.set(refundKey(refund), refund)
    return refund
  }
  /** Returns the refunds of an order, except the closed ones, whose money has been returned to the merchant. */
  const unclosedRefunds = (order: Order): Refund[] =>
    (keysByOrder.get(orderKey(order)) ?? []).map(key => refunds.get(key)!).filter(({ status }) => status !== 'CLOSED')

  const settle = (key: string, result: RefundResult): Refund => {
    const refund = refunds.get(key)
    if (!refund) throw new Rejection('REFUND_UNKNOWN', key)
    if (refund.status !== 'PROCESSING') throw new Rejection('REFUND_SETTLED', `${key} is ${refund.status}`)
    const settled = saveRefund({
      ...refund,
      status: result,
      ...(result === 'SUCCESS' && { succeededAt: now() }),
      ...(result === 'CLOSED' && { closedAt: now() }),
    })
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
  /** @throws {Rejection} the order does not allow the refund */
  const requireRefundable = (draft: RefundDraft, order: Order): void => {
    const earlier = unclosedRefunds(order)
    const left = order.amount.total - sum(earlier, ({ refund }) => refund)
    const shared = order.sharing?.shared ?? 0
    if (draft.total !== order.amount.total) throw new Rejection('REFUND_TOTAL_MISMATCH', order.out_trade_no)
    if (now() >= order.paidAt! + REFUND_TIME) throw new Rejection('REFUND_OVERDUE', order.out_trade_no)
    if (left === 0) throw new Rejection('REFUNDED_WHOLLY', order.out_trade_no)
    if (draft.refund > left) throw new Rejection('REFUND_TOO_MUCH', `${left} are left`)
    if (draft.refund > left - shared + (draft.available ?? 0))
      throw new Rejection('REFUND_SHARED', `${left - shared} have not been shared`)
    if (earlier.length >= MAX_REFUNDS) throw new Rejection('REFUND_TOO_MANY', order.out_trade_no)
  }
  /** Returns the fee to return. Despite rounding, the refunds of an order together never return more than its fee. */
  const returnedFee = (draft: RefundDraft, order: Order): number => {
    const { total } = order.amount
    const earlier = unclosedRefunds(order)
    const left = total - sum(earlier, ({ refund }) => refund) - draft.refund
    return Math.max(0, feeOf(total) - feeOf(left) - sum(earlier, ({ fee }) => fee))
  }
  return {
    apply(draft) {
      const order = requirePaidOrder(draft, orders)
      const { out_trade_no } = order
      const transaction_id = order.transaction_id!
      const { api: _api, sign_type: _type, ...parameters } = draft
      const fingerprint = fingerprintOf({ ...parameters, out_trade_no, transaction_id })
      const existing = refunds.get(refundKey(draft))
      refuseChangedRepetition(existing, fingerprint, 'REFUND_NUMBER_USED', draft.out_refund_no)
      if (existing) return existing
      requireRefundable(draft, order)
      const fee = returnedFee(draft, order)
      const net = draft.refund - fee
      orders.debitPayee(order, net, draft.source === 'AVAILABLE' ? net : Math.min(net, draft.available ?? 0))
      orders.markRefunded(orderKey(order))
      const accepted: Refund = {
        ...draft,
        out_trade_no,
        transaction_id,
        refund_id: newNumber('refund_id', context, number => numbers.has(number)),
        status: 'PROCESSING',
        channel: 'ORIGINAL',
        fee,
        createdAt: now(),
        fingerprint,
      }
      indexRefund(accepted)
      return startProcessing(accepted)
    },
    query,
    queryById: refund_id => query(numbers.get(refund_id)),
    queryOfOrder: order => (keysByOrder.get(order) ?? []).map(query),
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
        const { createdAt: at, closedAt } = refund
        yield { ...common, at, business: '退款', amount: -refund.refund, remark }
        if (refund.fee > 0) yield { ...common, at, business: '退回交易手续费', amount: refund.fee }
        if (closedAt === undefined) continue
        yield { ...common, at: closedAt, business: '退款关闭', amount: refund.refund, remark }
        if (refund.fee > 0) yield { ...common, at: closedAt, business: '扣除交易手续费', amount: -refund.fee }
      }
    },
  }
}

const sum = <T>(list: readonly T[], amountOf: (item: T) => number): number =>
  list.reduce((total, item) => total + amountOf(item), 0)

function requirePaidOrder({ out_trade_no, transaction_id, sub_mchid, overseas }: RefundDraft, orders: Orders): Order {
  const order =
    out_trade_no === undefined
      ? orders.findByTransaction(transaction_id ?? '')
      : orders.find(orderKey({ out_trade_no, sub_mchid }))
  if (order?.sub_mchid !== sub_mchid || !order || order.overseas !== overseas)
    throw new Rejection('REFUND_ORDER_UNKNOWN', out_trade_no)
  if (order.paidAt === undefined || order.revokedAt !== undefined)
    throw new Rejection('REFUND_ORDER_UNPAID', out_trade_no)
  if (transaction_id !== undefined && order.transaction_id !== transaction_id)
    throw new Rejection('REFUND_ORDER_UNKNOWN', transaction_id)
  return order
}
