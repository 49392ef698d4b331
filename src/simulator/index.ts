/** A simulated WeChat Pay, in memory: `createSimulator()`. */

export type { SettlementChange } from './accounts/applyments/settlement-accounts.ts'
export type {
  AnyApplymentState,
  EcommerceApplymentState,
  RejectedField,
  SettlementAccount,
  SubApplyment,
  SubApplymentKind,
  SubApplymentState,
} from './accounts/applyments/sub-applyment.ts'
export type { BusinessCoupon, BusinessCouponState, BusinessStock } from './accounts/business-coupons/business-coupon.ts'
export type {
  Complaint,
  ComplaintProblem,
  ComplaintState,
  ComplaintText,
  ComplaintUserAction,
  NegotiationEntry,
} from './accounts/complaints/complaint.ts'
export type { Contract, ContractNumber, ContractState } from './accounts/contracts/contract.ts'
export type { Coupon, CouponStock, CouponStockStatus } from './accounts/coupons/coupon-stock.ts'
export type { Withdrawal, WithdrawalStatus } from './accounts/ecommerce/withdrawals.ts'
export type {
  CardStatus,
  Fapiao,
  FapiaoApplication,
  FapiaoApplicationName,
  FapiaoBuyer,
  FapiaoStatus,
  FapiaoTitle,
} from './accounts/fapiao/fapiao.ts'
export type { FapiaoName } from './accounts/fapiao/fapiaos.ts'
export type { AccountType, Balance } from './accounts/funds.ts'
export type { MedicalOrder, MixPayStatus, PartStatus } from './accounts/medical-insurance/medical-order.ts'
export type { CombinedOrder } from './accounts/orders/combined-orders.ts'
export type { MicropayResult } from './accounts/orders/micropay.ts'
export type { AppliedCoupon, Order, OrderNumber, Payer, TradeState, TradeType } from './accounts/orders/order.ts'
export type { Parking, ParkingInfo, Plate, PlateName, PlateState } from './accounts/parking/parking.ts'
export type { PayrollAuthentication, PayrollRelation } from './accounts/payroll-card/payroll-card.ts'
export type { RelationName } from './accounts/payroll-card/payroll-cards.ts'
export type { RedPacket, RedPacketStatus } from './accounts/red-packets/red-packet.ts'
export type { Refund, RefundResult, RefundStatus } from './accounts/refunds/refund.ts'
export { Rejection, type RejectionReason } from './accounts/rejection.ts'
export type { PermissionState, ServicePermission } from './accounts/service-permissions/service-permissions.ts'
export type {
  AuthorizationState,
  TransferAuthorization,
} from './accounts/transfer-authorizations/transfer-authorizations.ts'
export type { Transfer, TransferState } from './accounts/transfers/transfers.ts'
export type { ApplymentResult } from './accounts/verification/applyments.ts'
export type {
  PaymentCheck,
  StartParameters,
  StartProblem,
  StartProblemName,
  TransferCheck,
} from './cashier/check.ts'
export { createMiniProgram, type MiniProgram, type MiniProgramOptions } from './cashier/mini-program.ts'
export type { Payment, PaymentReference, PaymentState } from './cashier/payment.ts'
export type { Control, OrderReference } from './control/control.ts'
export { createSimulatorMount, isControlPath, type SimulatorMountOptions } from './control/mount.ts'
export type { SubApplymentControl, SubApplymentReview } from './control/products/applyments.ts'
export type { BusinessCouponControl, BusinessCouponGift } from './control/products/business-coupons.ts'
export type { CouponControl } from './control/products/coupons.ts'
export type { FapiaoControl } from './control/products/fapiaos.ts'
export type { MedicalInsuranceControl } from './control/products/medical-insurance.ts'
export type { ParkingControl } from './control/products/parking.ts'
export type { PayrollCardControl } from './control/products/payroll-cards.ts'
export type { RedPacketControl } from './control/products/red-packets.ts'
export type { ServicePermissionControl } from './control/products/service-permissions.ts'
export type { TransferAuthorizationControl } from './control/products/transfer-authorizations.ts'
export type { WithdrawalControl } from './control/products/withdrawals.ts'
export { createSimulator } from './create-simulator.ts'
export type { SimulatorExamples } from './examples.ts'
export type { FaultControl, FaultRecord } from './fault/faults.ts'
export { ConnectionCut } from './fault/response.ts'
export type { FaultEffect, FaultKind, FaultRule, FaultScope } from './fault/rule.ts'
export { type SimulatorFixture, simulatorFixture } from './fixture.ts'
export type { Exchange } from './http/journal.ts'
export type { SimulatedBrand } from './keys/brand.ts'
export type { SimulatedMerchant } from './keys/merchant.ts'
export type { KeySwitch, KeySwitchStage, PlatformMode } from './keys/platform.ts'
export type { MerchantOptions } from './merchants/merchant-options.ts'
export type { MerchantView } from './merchants/merchant-view.ts'
export type { NamespaceList } from './namespaces/address.ts'
export {
  createNamespaceServer,
  type NamespaceServer,
  type NamespaceServerOptions,
} from './namespaces/namespaces.ts'
export type { NotificationControl, NotificationRequest, SentNotification } from './notification/control.ts'
export type { Notification, NotificationAttempt } from './notification/notification.ts'
export type { SimulatorOptions } from './options.ts'
export { type ControlAction, RemoteSimulatorError } from './remote/control-request.ts'
export { connectSimulator, type RemoteSimulator, type RemoteSimulatorOptions } from './remote/remote-simulator.ts'
export type { Simulator } from './simulator.ts'
export type { StateChange } from './state/state.ts'
export { StateError, type StateErrorReason } from './state/state.ts'
export type {
  ActionRecord,
  NotificationRecord,
  RecordedMessage,
  RequestRecord,
  SimulatorObserver,
  SimulatorRecord,
} from './timeline/record.ts'
export type { SignatureExplanation } from './timeline/signature-explanation.ts'
export type { TimelineLimits } from './timeline/timeline.ts'
