import { createSettlementAccounts, type SettlementAccounts } from './applyments/settlement-accounts.ts'
import { createSubApplyments, type SubApplyments } from './applyments/sub-applyments.ts'
import { createUploadedMedia, type UploadedMedia } from './applyments/uploaded-media.ts'
import { type BusinessCoupons, createBusinessCoupons } from './business-coupons/business-coupons.ts'
import { type Complaints, createComplaints } from './complaints/complaints.ts'
import type { AccountsContext } from './context.ts'
import { type Contracts, createContracts } from './contracts/contracts.ts'
import { type Coupons, createCoupons } from './coupons/coupons.ts'
import type { DomainEvent } from './domain-event.ts'
import { createSubsidies, type Subsidies } from './ecommerce/subsidies.ts'
import { createWithdrawals, type Withdrawals } from './ecommerce/withdrawals.ts'
import { createFapiaos, type Fapiaos } from './fapiao/fapiaos.ts'
import { createFunds, type FundFlow, type Funds } from './funds.ts'
import { createMedicalOrders, type MedicalOrders } from './medical-insurance/medical-orders.ts'
import { type CombinedOrders, createCombinedOrders } from './orders/combined-orders.ts'
import { createMicropay, type Micropay } from './orders/micropay.ts'
import type { Order, OrderPaid, OrderReversed, ParkingDeductionFailed } from './orders/order.ts'
import { createOrders, type Orders } from './orders/orders.ts'
import { createParkings, type Parkings } from './parking/parkings.ts'
import { createProfitSharing, type ProfitSharing } from './profit-sharing/profit-sharing.ts'
import { createRedPackets, type RedPackets } from './red-packets/red-packets.ts'
import { type AdvanceReturns, createAdvanceReturns } from './refunds/advance-returns.ts'
import type { RefundEvent } from './refunds/refund.ts'
import { createRefunds, type Refunds } from './refunds/refunds.ts'
import { createServiceOrders, type ServiceOrders } from './service-orders/service-orders.ts'
import { createServicePermissions, type ServicePermissions } from './service-permissions/service-permissions.ts'
import {
  createTransferAuthorizations,
  type TransferAuthorizations,
} from './transfer-authorizations/transfer-authorizations.ts'
import { createEnterprisePayments, type EnterprisePayments } from './transfers/enterprise-payments.ts'
import { createTransferBatches, type TransferBatches } from './transfers/transfer-batches.ts'
import { createTransfers, type TransferEnded, type Transfers } from './transfers/transfers.ts'

/** The merchants' accounts, and the records of all products that move their money. */
export interface Accounts {
  readonly funds: Funds
  readonly orders: Orders
  readonly combinedOrders: CombinedOrders
  readonly micropay: Micropay
  readonly refunds: Refunds
  readonly advanceReturns: AdvanceReturns
  readonly profitSharing: ProfitSharing
  readonly transfers: Transfers
  readonly transferBatches: TransferBatches
  readonly enterprisePayments: EnterprisePayments
  readonly serviceOrders: ServiceOrders
  readonly complaints: Complaints
  readonly contracts: Contracts
  readonly coupons: Coupons
  readonly businessCoupons: BusinessCoupons
  readonly media: UploadedMedia
  readonly withdrawals: Withdrawals
  readonly servicePermissions: ServicePermissions
  readonly transferAuthorizations: TransferAuthorizations
  readonly subsidies: Subsidies
  readonly redPackets: RedPackets
  readonly parkings: Parkings
  readonly fapiaos: Fapiaos
  readonly medicalOrders: MedicalOrders
  readonly subApplyments: SubApplyments
  readonly settlementAccounts: SettlementAccounts
}

export function createAccounts(context: AccountsContext<DomainEvent>): Accounts {
  const funds = createFunds(context)
  const recordReturn = (order: Order): void => {
    medicalOrders.recordReturn(order)
    parkings.recordReturn(order)
  }
  const emitOrder = (event: OrderPaid | OrderReversed | ParkingDeductionFailed): void => {
    if (event.type === 'order-reversed') recordReturn(event.order)
    else context.emit(event)
    if (event.type === 'order-paid') medicalOrders.recordPayment(event.order)
  }
  const orders = createOrders({ ...context, emit: emitOrder }, funds)
  const emitRefund = (event: RefundEvent): void => {
    if (event.type === 'refund-settled') context.emit(event)
    complaints.recordRefund(event)
    recordReturn(event.order)
  }
  const refunds = createRefunds({ ...context, emit: emitRefund }, orders, funds)
  const medicalOrders: MedicalOrders = createMedicalOrders(context, orders, refunds)
  const parkings: Parkings = createParkings(context, orders, refunds)
  const complaints: Complaints = createComplaints(context, refunds)
  const subApplyments = createSubApplyments(context)
  const transferAuthorizations = createTransferAuthorizations(context)
  const emitTransfer = (event: TransferEnded): void => {
    context.emit(event)
    if (event.transfer.state === 'SUCCESS') transferAuthorizations.confirmWithTransfer(event.transfer.out_bill_no)
  }
  return {
    funds,
    orders,
    combinedOrders: createCombinedOrders(context, orders),
    micropay: createMicropay(context, orders),
    refunds,
    advanceReturns: createAdvanceReturns(context, refunds, funds),
    profitSharing: createProfitSharing(context, orders, funds),
    transfers: createTransfers({ ...context, emit: emitTransfer }, funds),
    transferBatches: createTransferBatches(context, funds),
    enterprisePayments: createEnterprisePayments(context, funds),
    serviceOrders: createServiceOrders(context, orders),
    complaints,
    contracts: createContracts(context, orders),
    coupons: createCoupons(context, orders, funds),
    businessCoupons: createBusinessCoupons(context),
    media: createUploadedMedia(context.state),
    withdrawals: createWithdrawals(context, funds),
    servicePermissions: createServicePermissions(context),
    transferAuthorizations,
    subsidies: createSubsidies(context, orders, refunds, funds),
    redPackets: createRedPackets(context, funds),
    parkings,
    fapiaos: createFapiaos(context, orders),
    medicalOrders,
    subApplyments,
    settlementAccounts: createSettlementAccounts(context, subApplyments),
  }
}

/**
 * Returns the movements of all accounts, in the order in which they happened.
 *
 * @param accounts records of one merchant, or of all: the accounts are the same for all, and each merchant's records may move another's
 */
export const allFlows = (...accounts: readonly Accounts[]): FundFlow[] =>
  [accounts[0]!.funds, ...accounts.flatMap(recordsWithFlows)]
    .flatMap(records => [...records.flows()])
    .sort((a, b) => a.at - b.at)

/** Returns the movements in CNY: bills and histories have no column for a currency, and their balances are in yuan. */
export const flowsInCny = (...accounts: readonly Accounts[]): FundFlow[] =>
  allFlows(...accounts).filter(({ currency = 'CNY' }) => currency === 'CNY')

const recordsWithFlows = (accounts: Accounts): { flows(): Iterable<FundFlow> }[] => [
  accounts.orders,
  accounts.profitSharing,
  accounts.refunds,
  accounts.advanceReturns,
  accounts.transfers,
  accounts.transferBatches,
  accounts.enterprisePayments,
  accounts.withdrawals,
  accounts.redPackets,
  accounts.subsidies,
]
