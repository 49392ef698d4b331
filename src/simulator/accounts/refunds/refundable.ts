import { DAY } from '../../../core/base/time.ts'
import { feeOf } from '../funds.ts'
import { type Order, orderKey, settlementTotal } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import { type Refund, type RefundDraft, settlementRefund } from './refund.ts'

const REFUND_TIME = 365 * DAY
const MAX_REFUNDS = 50

/**
 * Finds the order that a refund names.
 *
 * @throws {Rejection} there is no such order, or it is not paid
 */
export function requirePaidOrder(
  { out_trade_no, transaction_id, sub_mchid, overseas }: RefundDraft,
  orders: Orders,
): Order {
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

/**
 * @param earlier refunds of the order, except the closed ones, whose money has been returned to the merchant
 * @throws {Rejection} the order does not allow the refund
 */
export function requireRefundable(draft: RefundDraft, order: Order, earlier: readonly Refund[], now: number): void {
  const left = order.amount.total - sum(earlier, ({ refund }) => refund)
  // A subsidy may have been shared too, so that what the shopper paid is still there.
  const unshared = left - (order.sharing ? order.sharing.shared - order.sharing.subsidy : 0)
  if (draft.total !== order.amount.total) throw new Rejection('REFUND_TOTAL_MISMATCH', order.out_trade_no)
  if (now >= order.paidAt! + REFUND_TIME) throw new Rejection('REFUND_OVERDUE', order.out_trade_no)
  if (left === 0) throw new Rejection('REFUNDED_WHOLLY', order.out_trade_no)
  if (draft.refund > left) throw new Rejection('REFUND_TOO_MUCH', `${left} are left`)
  if (draft.refund > unshared + (draft.available ?? 0))
    throw new Rejection('REFUND_SHARED', `${unshared} have not been shared`)
  if (earlier.length >= MAX_REFUNDS) throw new Rejection('REFUND_TOO_MANY', order.out_trade_no)
}

/**
 * Returns the part of a refund that the shopper paid with a coupon: in proportion, so that all refunds of an order together
 * return the whole coupon.
 *
 * @param earlier as for {@link requireRefundable}
 */
export function refundedDiscount({ refund }: RefundDraft, order: Order, earlier: readonly Refund[]): number {
  const { coupon, amount } = order
  if (!coupon) return 0
  const refunded = sum(earlier, previous => previous.refund) + refund
  const share = Math.floor((coupon.amount * refunded) / amount.total) - sum(earlier, ({ discount }) => discount)
  return Math.min(refund, Math.max(0, share))
}

/**
 * Returns the fee to return. Despite rounding, the refunds of an order together never return more than its fee.
 *
 * @param settled amount that the payee returns
 * @param earlier as for {@link requireRefundable}
 */
export function returnedFee(settled: number, order: Order, earlier: readonly Refund[]): number {
  const total = settlementTotal(order)
  const left = total - sum(earlier, refund => settlementRefund(refund, order)) - settled
  return Math.max(0, feeOf(total) - feeOf(left) - sum(earlier, ({ fee }) => fee))
}

const sum = <T>(list: readonly T[], amountOf: (item: T) => number): number =>
  list.reduce((total, item) => total + amountOf(item), 0)
