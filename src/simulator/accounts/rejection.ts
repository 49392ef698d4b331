import { APPLYMENT_REASONS } from './applyments/rejections.ts'
import { BUSINESS_COUPON_REASONS } from './business-coupons/rejections.ts'
import { COUPON_REASONS } from './coupons/rejections.ts'
import { ECOMMERCE_REASONS } from './ecommerce/rejections.ts'
import { FAPIAO_REASONS } from './fapiao/rejections.ts'
import { MEDICAL_REASONS } from './medical-insurance/rejections.ts'
import { PARKING_REASONS } from './parking/rejections.ts'
import { PAYROLL_REASONS } from './payroll-card/rejections.ts'
import { PERMISSION_REASONS } from './service-permissions/rejections.ts'
import { AUTHORIZATION_REASONS } from './transfer-authorizations/rejections.ts'

/** Reasons for which WeChat Pay or the shopper refuses. Each API version has its own error for each. */
const COMMON_REASONS = {
  ORDER_UNKNOWN: 'There is no such order.',
  ORDER_AMBIGUOUS: 'Several merchants have an order with this number; name the sub-merchant too (sub_mchid).',
  REFUND_AMBIGUOUS: 'Several merchants have a refund with this number; name the sub-merchant too (sub_mchid).',
  ORDER_PAID: 'The order is already paid.',
  ORDER_CLOSED: 'The order is closed, by the merchant or because it expired.',
  ORDER_REVOKED: 'The order has been reversed.',
  ORDER_FAILED: 'The payment of this order failed; place another order.',
  ORDER_PAYING: 'The shopper is about to pay; reverse the order instead of closing it.',
  ORDER_COMBINED: 'The order is part of a combined order; pay or close the combined order.',
  ORDER_NUMBER_USED: 'Another order, with other parameters, has this number.',
  PREPAY_EXPIRED: 'The prepay_id is older than two hours; place the order again with the same parameters.',
  AUTH_CODE_INVALID: 'This is not a payment code, which has 18 digits and begins with 10 to 15.',
  AUTH_CODE_USED: 'The payment code has been used.',
  AUTH_CODE_EXPIRED: 'The payment code is older than a minute.',
  MICROPAY_FAILED: 'The payment by code failed.',
  REVERSE_LATE: 'The order is older than seven days, so it can no longer be reversed.',
  REVERSE_REFUNDED: 'The order has been refunded or shared, so it cannot be reversed.',
  REVERSE_SUBSIDIZED: 'The order has a subsidy, so it cannot be reversed; refund it, then return the subsidy.',
  REFUND_ORDER_UNKNOWN: 'There is no such order to refund.',
  REFUND_ORDER_UNPAID: 'The order to refund is not paid.',
  REFUND_OVERDUE: 'The order was paid more than a year ago.',
  REFUND_TOTAL_MISMATCH: 'The total is not the total of the order.',
  REFUND_NUMBER_USED: 'Another refund, with other parameters, has this number.',
  REFUND_TOO_MUCH: 'The refund exceeds the rest of the order.',
  REFUND_TOO_MANY: 'The order already has 50 refunds, the maximum.',
  REFUND_SHARED: 'The rest of the order has been shared; return the shares first.',
  REFUNDED_WHOLLY: 'The order has been refunded in full.',
  REFUND_FUNDS: 'The account has less money than the refund requires.',
  REFUND_UNKNOWN: 'There is no such refund.',
  REFUND_SETTLED: 'The refund is no longer being processed.',
  REFUND_NOT_ADVANCED: 'Nobody has advanced the refund, or it has not succeeded.',
  ADVANCE_RETURN_UNKNOWN: 'The advance of the refund has not been returned.',
  REFUND_NOT_ABNORMAL: 'The refund is not ABNORMAL.',
  SHARING_ORDER_UNKNOWN: 'There is no such paid order to share.',
  SHARING_NOT_MARKED: 'The order was placed without profit_sharing.',
  SHARING_FINISHED: 'The sharing of this order is finished, so nothing is frozen.',
  SHARING_NUMBER_USED: 'Another sharing, with other parameters, has this number.',
  SHARING_NO_RELATION: 'The receiver has not been added.',
  SHARING_NAME: 'The name differs from the one that the receiver was added with.',
  SHARING_RATIO: 'The shares exceed the maximum ratio of the order.',
  SHARING_TOO_MUCH: 'The shares exceed the frozen amount.',
  SHARING_TOO_MANY: 'The order has already been shared 50 times, the maximum.',
  SHARING_UNKNOWN: 'There is no such sharing.',
  RETURN_NUMBER_USED: 'Another return, with other parameters, has this number.',
  RETURN_RECEIVER: 'The merchant has received nothing from this sharing.',
  RETURN_TOO_MUCH: 'The return exceeds what the receiver has left of the share.',
  RETURN_UNKNOWN: 'There is no such return.',
  TRANSFER_NUMBER_USED: 'Another transfer, with other parameters, has this number.',
  TRANSFER_FUNDS: 'The operation account has less money than the transfer requires.',
  TRANSFER_STATE: 'The state of the transfer does not allow this.',
  TRANSFER_UNKNOWN: 'There is no such transfer.',
  RED_PACKET_STATE: 'The state of the red packet does not allow this.',
  RED_PACKET_UNKNOWN: 'There is no such red packet.',
  SERVICE_ORDER_UNKNOWN: 'There is no such service order.',
  SERVICE_ORDER_NUMBER_USED: 'Another service order, with other parameters, has this number.',
  SERVICE_ORDER_STATE: 'The state of the service order does not allow this.',
  SERVICE_ORDER_TOTAL: 'The total is not the sum of the fees less the discounts.',
  SERVICE_ORDER_TOO_MUCH: 'The total exceeds the deposit, or is not below the earlier total.',
  APPLYMENT_UNKNOWN: 'There is no such applyment.',
  APPLYMENT_ENDED: 'The applyment has passed or was canceled.',
  COMPLAINT_UNKNOWN: 'There is no such complaint.',
  COMPLAINT_FOREIGN: 'The complaint is about another merchant than the one that the call names.',
  COMPLAINT_STATE: 'The state of the complaint does not allow this.',
  COMPLAINT_OPEN: 'The order has a complaint that is not processed; add to that one.',
  COMPLAINT_ORDER_UNPAID: 'The order is not paid, so nobody can complain about it.',
  COMPLAINT_AMOUNT: 'The refund that the complaint asks for is not between 1 fen and the amount of the order.',
  COMPLAINT_NO_REFUND: 'The complaint does not ask for a refund (problem_type REFUND).',
  COMPLAINT_DECIDED: 'The refund has been approved, rejected or paid.',
  COMPLAINT_NOT_IMMEDIATE: 'The complaint needs no immediate service; reply with …/response.',
  CONTRACT_UNKNOWN: 'There is no such contract, or the shopper has not signed it.',
  CONTRACT_AMBIGUOUS: 'Contracts of several plans or merchants have this number; name plan_id and sub_mchid too.',
  CONTRACT_CODE_USED: 'A contract with this number has been signed.',
  CONTRACT_STATE: 'The contract is not signed, or has been terminated.',
  ACCOUNT_SHORT: 'The account has less money than the withdrawal.',
} as const

export type RejectionReason =
  | keyof typeof COMMON_REASONS
  | keyof typeof COUPON_REASONS
  | keyof typeof BUSINESS_COUPON_REASONS
  | keyof typeof APPLYMENT_REASONS
  | keyof typeof ECOMMERCE_REASONS
  | keyof typeof AUTHORIZATION_REASONS
  | keyof typeof PERMISSION_REASONS
  | keyof typeof PARKING_REASONS
  | keyof typeof FAPIAO_REASONS
  | keyof typeof MEDICAL_REASONS
  | keyof typeof PAYROLL_REASONS

const REASONS: Readonly<Record<RejectionReason, string>> = {
  ...COMMON_REASONS,
  ...COUPON_REASONS,
  ...BUSINESS_COUPON_REASONS,
  ...APPLYMENT_REASONS,
  ...ECOMMERCE_REASONS,
  ...AUTHORIZATION_REASONS,
  ...PERMISSION_REASONS,
  ...PARKING_REASONS,
  ...FAPIAO_REASONS,
  ...MEDICAL_REASONS,
  ...PAYROLL_REASONS,
}

/** A refusal by WeChat Pay or the shopper. */
export class Rejection extends Error {
  override readonly name: string = 'Rejection'
  readonly reason: RejectionReason

  /** @param subject what is refused: the number of an order, of a refund … */
  constructor(reason: RejectionReason, subject?: string) {
    super(`${reason}: ${REASONS[reason]}${subject === undefined ? '' : ` (${subject})`}`)
    this.reason = reason
  }
}
