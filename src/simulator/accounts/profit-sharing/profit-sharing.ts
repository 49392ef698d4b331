import type { AccountsContext } from '../context.ts'
import type { FundFlow, Funds } from '../funds.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import type { SharingEvent } from './events.ts'
import { createReceivers, type Receivers } from './receivers.ts'
import { createSharingOrders, type SharingOrders } from './sharing-orders.ts'
import { createSharingReturnRecords } from './sharing-return-records.ts'
import { createSharingReturns, type SharingReturns } from './sharing-returns.ts'

/**
 * Profit sharing (分账). A share leaves the payee when it is accepted; its arrival shows some seconds later, or at the first
 * query, if that is sooner.
 */
export interface ProfitSharing {
  readonly receivers: Receivers
  readonly orders: SharingOrders
  readonly returns: SharingReturns
  /** Returns the amount of an order that is still frozen (待分账金额), in fen. */
  unsplitAmount(transaction_id: string): number
  flows(): Iterable<FundFlow>
}

export function createProfitSharing(
  context: AccountsContext<SharingEvent>,
  orders: Orders,
  funds: Funds,
): ProfitSharing {
  const receivers = createReceivers(context.state)
  const returnRecords = createSharingReturnRecords(context.state)
  const sharingOrders = createSharingOrders(context, orders, funds, receivers, returnRecords.isTaken)
  const returns = createSharingReturns(context, orders, funds, sharingOrders, returnRecords)
  return {
    receivers,
    orders: sharingOrders,
    returns,
    unsplitAmount(transaction_id) {
      const order = orders.findByTransaction(transaction_id)
      if (!order?.sharing) throw new Rejection('SHARING_ORDER_UNKNOWN', transaction_id)
      return order.sharing.frozen
    },
    *flows() {
      yield* sharingOrders.flows()
      yield* returns.flows()
    },
  }
}
