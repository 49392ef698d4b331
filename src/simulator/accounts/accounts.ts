import type { Flow } from '../ledger/flow.ts'
import { type CombinedOrders, createCombinedOrders } from './combined-orders.ts'
import type { Ground } from './context.ts'
import { createFunds, type Funds } from './funds.ts'
import { createMicropay, type Micropay } from './micropay.ts'
import { createOrders, type Orders } from './orders.ts'
import { createPayments, type Payments } from './payments.ts'
import { createProfitSharing, type ProfitSharing } from './profit-sharing.ts'
import { createRefunds, type Refunds } from './refunds.ts'
import { createTransferBatches, type TransferBatches } from './transfer-batches.ts'
import { createTransfers, type Transfers } from './transfers.ts'

/** The books of all products that move money. */
export interface Ledgers {
  readonly funds: Funds
  readonly orders: Orders
  readonly combinedOrders: CombinedOrders
  readonly micropay: Micropay
  readonly refunds: Refunds
  readonly profitSharing: ProfitSharing
  readonly transfers: Transfers
  readonly transferBatches: TransferBatches
  readonly payments: Payments
}

/** Every book tells the movements that it made. */
export function createLedgers(ground: Ground): Ledgers {
  const funds = createFunds(ground)
  const orders = createOrders(ground, funds)
  return {
    funds,
    orders,
    combinedOrders: createCombinedOrders(ground, orders),
    micropay: createMicropay(ground, orders),
    refunds: createRefunds(ground, orders),
    profitSharing: createProfitSharing(ground, orders, funds),
    transfers: createTransfers(ground, funds),
    transferBatches: createTransferBatches(ground, funds),
    payments: createPayments(ground, funds),
  }
}

/** The movements of all accounts, in the order in which they happened. */
export const flowsOf = (ledgers: Ledgers): Flow[] =>
  [
    ledgers.funds,
    ledgers.orders,
    ledgers.profitSharing,
    ledgers.refunds,
    ledgers.transfers,
    ledgers.transferBatches,
    ledgers.payments,
  ]
    .flatMap(ledger => [...ledger.flows()])
    .sort((one, other) => one.at - other.at)
