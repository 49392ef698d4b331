import type { AccountsContext } from './context.ts'
import type { DomainEvent } from './domain-event.ts'
import { createFunds, type FundFlow, type Funds } from './funds.ts'
import { type CombinedOrders, createCombinedOrders } from './orders/combined-orders.ts'
import { createMicropay, type Micropay } from './orders/micropay.ts'
import { createOrders, type Orders } from './orders/orders.ts'
import { createRefunds, type Refunds } from './orders/refunds.ts'
import { createProfitSharing, type ProfitSharing } from './profit-sharing/profit-sharing.ts'
import { createEnterprisePayments, type EnterprisePayments } from './transfers/enterprise-payments.ts'
import { createTransferBatches, type TransferBatches } from './transfers/transfer-batches.ts'
import { createTransfers, type Transfers } from './transfers/transfers.ts'

/** The merchants' accounts, and the records of all products that move their money. */
export interface Accounts {
  readonly funds: Funds
  readonly orders: Orders
  readonly combinedOrders: CombinedOrders
  readonly micropay: Micropay
  readonly refunds: Refunds
  readonly profitSharing: ProfitSharing
  readonly transfers: Transfers
  readonly transferBatches: TransferBatches
  readonly enterprisePayments: EnterprisePayments
}

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
    enterprisePayments: createEnterprisePayments(context, funds),
  }
}

/** Returns the movements of all accounts, in the order in which they happened. */
export const allFlows = (accounts: Accounts): FundFlow[] =>
  [
    accounts.funds,
    accounts.orders,
    accounts.profitSharing,
    accounts.refunds,
    accounts.transfers,
    accounts.transferBatches,
    accounts.enterprisePayments,
  ]
    .flatMap(records => [...records.flows()])
    .sort((a, b) => a.at - b.at)
