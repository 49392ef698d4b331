/**
 * Payments from the order to their end. Each flow says only what a verified response proves that names the very order or refund; a
 * response about another is a {@link ResponseMismatchError} and is asked past. Errors of WeChat Pay's name no order: whoever can
 * replay one can make a flow say that an order does not exist.
 *
 * | flow | guarantees | when the process dies | resume |
 * | --- | --- | --- | --- |
 * | {@link micropay} | pays by code once; `paid`, `refused`, `reversed` only when proven, otherwise `unknown` | the payment is wherever it was | {@link resumeMicropay}, {@link reverseMicropay}, or `micropay` with the same order |
 * | {@link settledOrder} | changes nothing; a final state is what a query or a verified notification says; `UNEXPECTED` where `expect` differs | nothing is lost: it only waits | the same call |
 * | {@link closeOrder} | `closed` only after a query, `paid` if the shopper was faster; otherwise {@link CloseError} | the order is open, closed or paid | the same call |
 * | {@link refund} | one number refunds once; refused only when a query finds no refund | the refund is made or not | the same call with the same `out_refund_no` |
 * | {@link redirectRefund} | sends an abnormal refund elsewhere once | the refund is abnormal or under way | the same call |
 * | {@link settledRefund} | changes nothing; a final state is what a query or a verified notification says | nothing is lost: it only waits | the same call |
 *
 * The functions that start a payment, offer coupons or sign contracts send nothing that moves money; call them again.
 *
 * @module
 */
export { ResponseMismatchError } from '../correlation.ts'
export {
  type Difference,
  type ExpectedAmount,
  type ExpectedCombinedOrder,
  type ExpectedOrder,
  findDifferences,
  requireExpected,
  UnexpectedOrderError,
} from '../expectation.ts'
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
export { type SettledOrderData, type SettledOrderOptions, settledOrder, type UnexpectedOrder } from './settled/order.ts'
export { type SettledRefundData, settledRefund } from './settled/refund.ts'
export type { Settled, SettledOptions } from './settled/settled.ts'
export { type PrepaidByCode, type PrepaidInBrowser, startH5, startNative } from './start/by-url.ts'
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
