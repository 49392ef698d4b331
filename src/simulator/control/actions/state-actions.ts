import { SETTLEMENT_STATES } from '../../accounts/applyments/settlement-accounts.ts'
import { SUB_APPLYMENT_STATES } from '../../accounts/applyments/sub-applyment.ts'
import { BUSINESS_COUPON_STATES, BUSINESS_STOCK_STATES } from '../../accounts/business-coupons/business-coupon.ts'
import { COMPLAINT_STATES } from '../../accounts/complaints/complaint.ts'
import { CONTRACT_STATES } from '../../accounts/contracts/contract.ts'
import { COUPON_STATES, COUPON_STOCK_STATES } from '../../accounts/coupons/coupon-stock.ts'
import { WITHDRAWAL_STATES } from '../../accounts/ecommerce/withdrawals.ts'
import { CARD_STATES, FAPIAO_STATES } from '../../accounts/fapiao/fapiao.ts'
import { MIX_PAY_STATES, PART_STATES } from '../../accounts/medical-insurance/medical-order.ts'
import { ORDER_STATES } from '../../accounts/orders/order-states.ts'
import { PARKING_STATES, PLATE_STATES } from '../../accounts/parking/parking.ts'
import { AUTHENTICATION_STATES, PAYROLL_RELATION_STATES } from '../../accounts/payroll-card/payroll-card.ts'
import { RED_PACKET_STATES } from '../../accounts/red-packets/red-packet.ts'
import { REFUND_STATES } from '../../accounts/refunds/refund-states.ts'
import { SERVICE_ORDER_STATES } from '../../accounts/service-orders/service-order-states.ts'
import { PERMISSION_STATES } from '../../accounts/service-permissions/service-permissions.ts'
import type { StateMachine } from '../../accounts/state-machine.ts'
import { AUTHORIZATION_STATES } from '../../accounts/transfer-authorizations/transfer-authorizations.ts'
import { TRANSFER_STATES } from '../../accounts/transfers/transfer-states.ts'
import { type Action, get } from '../action.ts'

/** The states of each kind of record, and the events that change them: the tables that the simulator itself goes by. */
export interface StateMachines {
  readonly orders: StateMachine
  readonly refunds: StateMachine
  readonly transfers: StateMachine
  readonly redPackets: StateMachine
  readonly plates: StateMachine
  readonly parkings: StateMachine
  readonly fapiaos: StateMachine
  readonly fapiaoCards: StateMachine
  readonly medicalOrders: StateMachine
  readonly medicalOrderParts: StateMachine
  readonly payrollRelations: StateMachine
  readonly payrollAuthentications: StateMachine
  readonly serviceOrders: StateMachine
  readonly permissions: StateMachine
  readonly contracts: StateMachine
  readonly complaints: StateMachine
  readonly couponStocks: StateMachine
  readonly coupons: StateMachine
  readonly businessStocks: StateMachine
  readonly businessCoupons: StateMachine
  readonly applyments: StateMachine
  readonly ecommerceApplyments: StateMachine
  readonly settlementChanges: StateMachine
  readonly withdrawals: StateMachine
  readonly authorizations: StateMachine
}

const STATE_MACHINES: StateMachines = {
  orders: ORDER_STATES,
  refunds: REFUND_STATES,
  transfers: TRANSFER_STATES,
  redPackets: RED_PACKET_STATES,
  plates: PLATE_STATES,
  parkings: PARKING_STATES,
  fapiaos: FAPIAO_STATES,
  fapiaoCards: CARD_STATES,
  medicalOrders: MIX_PAY_STATES,
  medicalOrderParts: PART_STATES,
  payrollRelations: PAYROLL_RELATION_STATES,
  payrollAuthentications: AUTHENTICATION_STATES,
  serviceOrders: SERVICE_ORDER_STATES,
  permissions: PERMISSION_STATES,
  contracts: CONTRACT_STATES,
  complaints: COMPLAINT_STATES,
  couponStocks: COUPON_STOCK_STATES,
  coupons: COUPON_STATES,
  businessStocks: BUSINESS_STOCK_STATES,
  businessCoupons: BUSINESS_COUPON_STATES,
  applyments: SUB_APPLYMENT_STATES.applyment4sub,
  ecommerceApplyments: SUB_APPLYMENT_STATES.ecommerce,
  settlementChanges: SETTLEMENT_STATES,
  withdrawals: WITHDRAWAL_STATES,
  authorizations: AUTHORIZATION_STATES,
}

/** The states of records, and of accounts. */
export const stateActions: readonly Action[] = [
  get(
    '/state-machines',
    'Shows the states of orders, refunds, transfers and other records, and the events that lead from one to another.',
    () => STATE_MACHINES,
  ),
  get(
    '/accounts',
    "Shows the merchant's accounts, with the last 500 movements of each and the balance after it.",
    simulator => simulator.accounts(),
  ),
]
