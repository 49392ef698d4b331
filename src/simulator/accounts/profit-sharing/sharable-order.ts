import { type Order, payeeOf } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import type { Receivers } from './receivers.ts'
import { isPayee, type Share, type SharingRequest, totalOf } from './sharing-order.ts'

/** Highest ratio that may be shared, in parts of ten thousand: 30 %. */
export const MAX_RATIO = 3000
const MAX_SHARINGS = 50

/** @throws {Rejection} the order that a request names is not paid, or its money is not to be shared */
export function requireSharableOrder({ transaction_id, sub_mchid }: SharingRequest, orders: Orders): Order {
  const order = orders.findByTransaction(transaction_id)
  if (order?.paidAt === undefined || order.sub_mchid !== sub_mchid || order.revokedAt !== undefined)
    throw new Rejection('SHARING_ORDER_UNKNOWN', transaction_id)
  if (!order.sharing) throw new Rejection('SHARING_NOT_MARKED', transaction_id)
  return order
}

/** @throws {Rejection} the sharing of the order is finished, a receiver is unknown, or the shares are too large */
export function requireAllowedShares(
  order: Order,
  shares: readonly Share[],
  receivers: Receivers,
  platform: string | undefined,
): void {
  const { frozen, shared, times, finished } = order.sharing!
  if (finished) throw new Rejection('SHARING_FINISHED', order.out_trade_no)
  if (times >= MAX_SHARINGS) throw new Rejection('SHARING_TOO_MANY', order.out_trade_no)
  const others = shares.filter(share => !isPayee(share, order))
  for (const share of others) requireReceiver(platform ?? payeeOf(order), share, receivers)
  if (platform === undefined && shared + totalOf(others) > Math.floor((order.amount.total * MAX_RATIO) / 10_000))
    throw new Rejection('SHARING_RATIO', order.out_trade_no)
  if (totalOf(shares) > frozen) throw new Rejection('SHARING_TOO_MUCH', `${frozen} fen are frozen`)
}

function requireReceiver(owner: string, share: Share, receivers: Receivers): void {
  const receiver = receivers.find(owner, share)
  if (!receiver) throw new Rejection('SHARING_NO_RELATION', share.account)
  if (share.name && receiver.name && share.name !== receiver.name) throw new Rejection('SHARING_NAME', share.account)
}
