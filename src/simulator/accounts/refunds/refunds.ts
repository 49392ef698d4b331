import { SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { fingerprintOf } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  type Refund,
  type RefundDraft,
  type RefundEvent,
  type RefundResult,
  refundKey,
  settlementRefund,
} from './refund.ts'
import { flowsOfRefund } from './refund-flows.ts'
import { createRefundRecords, type RefundRecords } from './refund-records.ts'
import { REFUND_STATES, type RefundChange } from './refund-states.ts'
import { refundedDiscount, requirePaidOrder, requireRefundable, returnedFee } from './refundable.ts'

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
  /** Returns the refunds of an order as they are. */
  ofOrder(orderKey: string): readonly Refund[]
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

export function createRefunds(context: AccountsContext<RefundEvent>, orders: Orders, funds: Funds): Refunds {
  const { state, scheduler, now, emit } = context
  const records = createRefundRecords(state)
  const settle = createSettlement(context, records, orders, funds)
  scheduler.on<{ key: string }>('refund', ({ key }) => {
    if (records.find(key)?.status === 'PROCESSING') settle(key, 'SUCCESS')
  })
  const scheduleSettlement = (refund: Refund): void =>
    scheduler.schedule(now() + PROCESSING_TIME, 'refund', { key: refundKey(refund) })
  const settleQueried = (refund: Refund): Refund =>
    refund.status === 'PROCESSING' ? settle(refundKey(refund), 'SUCCESS') : refund
  const query = (refund: Refund | undefined, number: string): Refund => {
    if (!refund) throw new Rejection('REFUND_UNKNOWN', number)
    return settleQueried(refund)
  }
  return {
    apply(draft) {
      const order = requirePaidOrder(draft, orders)
      const { out_trade_no } = order
      const transaction_id = order.transaction_id!
      const { api: _api, sign_type: _type, ...parameters } = draft
      const fingerprint = fingerprintOf({ ...parameters, out_trade_no, transaction_id })
      const existing = records.findRepeated(refundKey(draft), fingerprint, 'REFUND_NUMBER_USED')
      if (existing) return existing
      const earlier = records.ofOrder(orderKey(order)).filter(({ status }) => status !== 'CLOSED')
      requireRefundable(draft, order, earlier, now())
      const { advancer } = draft
      const discount = refundedDiscount(draft, order, earlier)
      const settled = settlementRefund({ ...draft, discount }, order)
      const fee = advancer === undefined ? returnedFee(settled, order, earlier) : 0
      const net = settled - fee
      if (advancer === undefined)
        orders.debitPayee(order, net, draft.source === 'AVAILABLE' ? net : Math.min(net, draft.available ?? 0))
      else {
        funds.requireFunds(advancer, 'BASIC', 'available', net, 'REFUND_FUNDS')
        funds.move(advancer, 'BASIC', 'available', -net)
      }
      orders.markRefunded(orderKey(order))
      const accepted: Refund = {
        ...draft,
        out_trade_no,
        transaction_id,
        refund_id: newNumber('refund_id', context, records.isTaken),
        status: 'PROCESSING',
        channel: 'ORIGINAL',
        discount,
        fee,
        createdAt: now(),
        fingerprint,
      }
      records.add(accepted)
      scheduleSettlement(accepted)
      emit({ type: 'refund-accepted', refund: accepted, order: orders.find(orderKey(order))! })
      return accepted
    },
    query: key => query(records.find(key), key),
    queryById: refund_id => query(records.findByNumber(refund_id), refund_id),
    queryOfOrder: order => records.ofOrder(order).map(settleQueried),
    ofOrder: records.ofOrder,
    find: records.find,
    findByNumber: (out_refund_no, sub_mchid) =>
      sub_mchid === undefined
        ? records.findByMerchantNumber(out_refund_no)
        : records.find(refundKey({ out_refund_no, sub_mchid })),
    settle,
    redirect(refund_id, key) {
      const refund = records.find(key)
      if (refund?.refund_id !== refund_id) throw new Rejection('REFUND_UNKNOWN', refund_id)
      const status = stateAfter(REFUND_STATES, refund.status, 'redirect')
      if (status === undefined) throw new Rejection('REFUND_NOT_ABNORMAL', key)
      scheduleSettlement(refund)
      return records.save({ ...refund, status, channel: 'OTHER_BANKCARD' })
    },
    all: records.all,
    *flows() {
      for (const refund of records.all()) yield* flowsOfRefund(refund, orders.find(orderKey(refund))!)
    },
  }
}

const EVENTS: Readonly<Record<RefundResult, RefundChange>> = {
  SUCCESS: 'succeed',
  CLOSED: 'close',
  ABNORMAL: 'become-abnormal',
}

/** Creates the function that gives a refund its result. A closed refund returns the money to the one who paid it. */
function createSettlement(
  { now, emit }: AccountsContext<RefundEvent>,
  records: RefundRecords,
  orders: Orders,
  funds: Funds,
): Refunds['settle'] {
  return (key, result) => {
    const refund = records.find(key)
    if (!refund) throw new Rejection('REFUND_UNKNOWN', key)
    const status = stateAfter(REFUND_STATES, refund.status, EVENTS[result])
    if (status === undefined) throw new Rejection('REFUND_SETTLED', `${key} is ${refund.status}`)
    const settled = records.save({
      ...refund,
      status,
      ...(result === 'SUCCESS' && { succeededAt: now() }),
      ...(result === 'CLOSED' && { closedAt: now() }),
    })
    const order = orders.find(orderKey(refund))!
    if (result === 'CLOSED') {
      const net = settlementRefund(refund, order) - refund.fee
      if (refund.advancer === undefined) orders.creditPayee(order, net)
      else funds.move(refund.advancer, 'BASIC', 'available', net)
    }
    const funder = order.coupon?.funder
    if (result === 'SUCCESS' && funder !== undefined) funds.move(funder, 'OPERATION', 'available', refund.discount)
    emit({ type: 'refund-settled', refund: settled, order })
    return settled
  }
}
