import { type CombinedOrders, createCombinedOrders } from './combined-orders.ts'
import type { AccountsContext } from './context.ts'
import type { DomainEvent } from './domain-event.ts'
import { createFunds, type FundFlow, type Funds } from './funds.ts'
import { createMicropay, type Micropay } from './micropay.ts'
import { createOrders, type Orders } from './orders.ts'
import { createPayments, type Payments } from './payments.ts'
import { createProfitSharing, type ProfitSharing } from './profit-sharing/profit-sharing.ts'
import { createRefunds, type Refunds } from './refunds.ts'
import { createTransferBatches, type TransferBatches } from './transfer-batches.ts'
import { createTransfers, type Transfers } from './transfers.ts'

/** The books of all products that move money. */
export interface Accounts {
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
export function createAccounts(context: AccountsContext<DomainEvent>): Accounts {
  const funds = createFunds(context)
  const orders = createOrders(context, funds)
  return {
    funds,
    orders,
    combinedOrders: createCombinedOrders(context, orders),
    micropay: createMicropay(context, orders),
    refunds: createRefunds(context, orders),
    profitSharing: createProfitSharing(context, orders, funds),
    transfers: createTransfers(context, funds),
    transferBatches: createTransferBatches(context, funds),
    payments: createPayments(context, funds),
  }
}

/** The movements of all accounts, in the order in which they happened. */
export const allFlows = (accounts: Accounts): FundFlow[] =>
  [
    accounts.funds,
    accounts.orders,
    accounts.profitSharing,
    accounts.refunds,
    accounts.transfers,
    accounts.transferBatches,
    accounts.payments,
  ]
    .flatMap(ledger => [...ledger.flows()])
    .sort((one, other) => one.at - other.at)
