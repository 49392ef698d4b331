import type { BusinessCouponSent } from './business-coupons/business-coupon.ts'
import type { ComplaintActed } from './complaints/complaint.ts'
import type { ContractEvent } from './contracts/contract.ts'
import type { CouponUsed } from './coupons/coupon-stock.ts'
import type { WithdrawalChanged } from './ecommerce/withdrawals.ts'
import type { FapiaoChanged, FapiaoTitleFilled } from './fapiao/fapiao.ts'
import type { MedicalOrderPaid } from './medical-insurance/medical-order.ts'
import type { CombinedOrderPaid } from './orders/combined-orders.ts'
import type { OrderPaid, ParkingDeductionFailed } from './orders/order.ts'
import type { ParkingChanged } from './parking/parking.ts'
import type { ParkingFeeRepaid } from './parking/parkings.ts'
import type { SharingEvent } from './profit-sharing/events.ts'
import type { RefundSettled } from './refunds/refund.ts'
import type { ServiceOrderEvent } from './service-orders/service-orders.ts'
import type { PermissionChanged } from './service-permissions/service-permissions.ts'
import type { AuthorizationChanged } from './transfer-authorizations/transfer-authorizations.ts'
import type { TransferBatchEnded } from './transfers/transfer-batches.ts'
import type { TransferEnded } from './transfers/transfers.ts'

/** An event that the merchant may be notified of. */
export type DomainEvent =
  | OrderPaid
  | CombinedOrderPaid
  | RefundSettled
  | SharingEvent
  | TransferEnded
  | TransferBatchEnded
  | ServiceOrderEvent
  | ComplaintActed
  | ContractEvent
  | CouponUsed
  | BusinessCouponSent
  | WithdrawalChanged
  | AuthorizationChanged
  | PermissionChanged
  | ParkingChanged
  | ParkingDeductionFailed
  | ParkingFeeRepaid
  | FapiaoChanged
  | FapiaoTitleFilled
  | MedicalOrderPaid
