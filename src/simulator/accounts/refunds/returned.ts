import { type Order, orderKey } from '../orders/order.ts'
import type { Refunds } from './refunds.ts'

/** Returns whether the shopper has all the money of an order back: the order was reversed (撤销), or is refunded in full. */
export const isReturned = (order: Order, refunds: Pick<Refunds, 'ofOrder'>): boolean =>
  order.trade_state === 'REVOKED' || refundedAmount(order, refunds) >= order.amount.total

/** Returns how much of an order has been refunded, in fen. Refunds that are being processed do not count. */
const refundedAmount = (order: Order, refunds: Pick<Refunds, 'ofOrder'>): number =>
  refunds
    .ofOrder(orderKey(order))
    .filter(({ status }) => status === 'SUCCESS')
    .reduce((sum, { refund }) => sum + refund, 0)
