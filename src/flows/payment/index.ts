/**
 * Payments from the order to their end. Flows rely only on verified responses that name the order or refund they asked
 * for; a response about another one is a {@link ResponseMismatchError}, after which they query again. WeChat Pay's
 * error responses do not name the order, so an attacker who can replay one can make a flow report that an order does
 * not exist.
 *
 * | flow | guarantees | if the process stops | resume with |
 * | --- | --- | --- | --- |
 * | {@link micropay} | pays by code once; `paid`, `refused`, `reversed` only when proven, otherwise `unknown` | the
 * payment stays in its current state | {@link resumeMicropay}, {@link reverseMicropay}, or `micropay` with the same
 * order |
 * | {@link settledOrder} | changes nothing; returns the final state from a query or a verified notification;
 * `UNEXPECTED` if it differs from `expect` | nothing is lost, since it only waits | the same call |
 * | {@link closeOrder} | `closed` only after a query, `paid` if the shopper was faster; otherwise {@link CloseError} |
 * the order is open, closed or paid | the same call |
 * | {@link refund} | one number refunds once; refused only if a query finds no refund | the refund is made or not | the
 * same call with the same `out_refund_no` |
 * | {@link redirectRefund} | sends an abnormal refund to another account once | the refund is abnormal or processing |
 * the same call |
 * | {@link returnAdvance} | returns the advance of a refund (垫付退款回补) once | the money is returned or not | the same call |
 * | {@link settledRefund} | changes nothing; returns the final state from a query or a verified notification | nothing
 * is lost, since it only waits | the same call |
 * | {@link settledMedicalOrder} | changes nothing; returns the final state of a medical insurance payment (医保支付) | nothing
 * is lost, since it only waits | the same call |
 *
 * Functions that start a payment, offer coupons or sign contracts move no money and can be called again.
 *
 * @module
 */

export {
  type Difference,
  type ExpectedAmount,
  type ExpectedCombinedOrder,
  type ExpectedOrder,
  findDifferences,
  requireExpected,
  UnexpectedOrderError,
} from '../expectation.ts'
export { ResponseMismatchError } from '../response-match.ts'
export type { Settled, SettledOptions } from '../settled.ts'
export type { Wait } from '../wait.ts'
export {
  type AppContract,
  type AppContractStart,
  type Contract,
  type H5Contract,
  type MiniProgramContract,
  type PageContract,
  startContract,
  startContractApp,
  startContractH5,
  startContractMiniProgram,
} from './contract.ts'
export {
  type CardOffer,
  type Coupon,
  type CouponOffer,
  offerCouponByH5,
  offerCouponsByJsapi,
  offerCouponsByMiniProgram,
  type PageCoupon,
  type PluginCoupon,
  type PluginCouponOffer,
} from './coupon.ts'
export {
  authorizeFacePay,
  type FacePayAuthorization,
  type FacePayDevice,
  type FacePayMerchant,
  type FacePayment,
  type FacePayParameters,
  startFacePay,
} from './face-pay.ts'
export {
  type MicropayOptions,
  micropay,
  micropayOutcome,
  resumeMicropay,
  reverseMicropay,
} from './micropay/micropay.ts'
export { MicropayError } from './micropay/run.ts'
export type {
  MicropayName,
  MicropayOrder,
  MicropayOutcome,
  MicropayPaid,
  MicropayPaying,
  MicropayRefusal,
  MicropayRefused,
  MicropayReversed,
  MicropayReversing,
  MicropayState,
  MicropayTransaction,
  MicropayUnknown,
  MicropayWaiting,
  ReversalReason,
} from './micropay/state.ts'
export { type ClosedOrder, CloseError, type CloseName, closeOrder } from './order/close.ts'
export type { OverseasParties } from './order/overseas.ts'
export type {
  CombinedOrder,
  CombinedOrderName,
  MerchantOrderName,
  OrderName,
  OrderOf,
  OverseasOrder,
  OverseasOrderName,
  PartnerOrder,
  PartnerOrderName,
  V2OrderName,
} from './order/query.ts'
export {
  type AcceptedAdvanceReturn,
  type AdvanceReturnCode,
  AdvanceReturnError,
  type AdvanceReturnName,
  returnAdvance,
  settledAdvanceReturn,
} from './refund/advance.ts'
export type { AcceptedRefund } from './refund/apply.ts'
export type {
  EcommerceRefundRequest,
  OverseasRefundRequest,
  RefundRequest,
  RefundResponse,
  V2RefundRequest,
  V3RefundRequest,
} from './refund/calls.ts'
export { RefundError } from './refund/error.ts'
export type {
  EcommerceRefund,
  EcommerceRefundName,
  OverseasRefund,
  OverseasRefundName,
  RefundName,
  RefundOf,
  V2QueriedRefund,
  V2RefundName,
  V3RefundName,
} from './refund/query.ts'
export {
  type EcommerceRedirectRequest,
  type RedirectRequest,
  type RedirectResponse,
  redirectRefund,
  type V3RedirectRequest,
} from './refund/redirect.ts'
export { type RefundOptions, refund, refundNumber } from './refund/refund.ts'
export { readV2Refunds, type V2Refund, type V2RefundCoupon } from './refund/v2-list.ts'
export { type MedicalOrderName, type SettledMedicalOrderData, settledMedicalOrder } from './settled/medical.ts'
export { type SettledOrderData, type SettledOrderOptions, settledOrder, type UnexpectedOrder } from './settled/order.ts'
export { type SettledRefundData, settledRefund } from './settled/refund.ts'
export { type PrepaidByCode, type PrepaidInBrowser, startH5, startNative } from './start/by-url.ts'
export {
  type MedicalOrder,
  type MedicalPagePayment,
  type MedicalPayment,
  startMedicalJsapi,
  startMedicalMiniProgram,
} from './start/medical.ts'
export type { Prepaid, PrepaidInApp } from './start/prepaid.ts'
export { type SignedV2, startAppV2, startJsapiV2, startJssdkV2, startMiniProgramV2 } from './start/v2.ts'
export {
  type AppPayment,
  type JsapiPayment,
  type JssdkPayment,
  type MiniProgramPayment,
  startApp,
  startJsapi,
  startJssdk,
  startMiniProgram,
} from './start/v3.ts'
export { signWorkwxPayment, signWorkwxRedPack, type WorkwxSigned } from './workwx-sign.ts'
