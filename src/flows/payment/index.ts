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
export { type ClosedOrder, CloseError, type CloseName, closeOrder } from './close-order.ts'
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
export * from './micropay/index.ts'
export type {
  CombinedOrder,
  CombinedOrderName,
  MerchantOrderName,
  OrderName,
  OrderOf,
  PartnerOrder,
  PartnerOrderName,
  V2OrderName,
} from './order-query.ts'
export type { Prepaid, PrepaidInApp } from './prepaid.ts'
export {
  type EcommerceRedirectRequest,
  type RedirectAnswer,
  type RedirectRequest,
  redirectRefund,
  type V3RedirectRequest,
} from './redirect-refund.ts'
export { type RefundOptions, refund, refundNumber } from './refund.ts'
export type { AcceptedRefund } from './refund-apply.ts'
export type {
  EcommerceRefundRequest,
  RefundAnswer,
  RefundRequest,
  V2RefundRequest,
  V3RefundRequest,
} from './refund-calls.ts'
export { RefundError } from './refund-error.ts'
export { readV2Refunds, type V2Refund, type V2RefundCoupon } from './refund-list-v2.ts'
export type {
  EcommerceRefund,
  EcommerceRefundName,
  RefundName,
  RefundOf,
  V2QueriedRefund,
  V2RefundName,
  V3RefundName,
} from './refund-query.ts'
export type { Settled, SettledOptions } from './settled.ts'
export { type OrderNews, type SettledOrderOptions, settledOrder, type UnexpectedOrder } from './settled-order.ts'
export { type RefundNews, settledRefund } from './settled-refund.ts'
export {
  type AppPayment,
  type JsapiPayment,
  type JssdkPayment,
  type MiniProgramPayment,
  startApp,
  startJsapi,
  startJssdk,
  startMiniProgram,
} from './start.ts'
export { type PrepaidByCode, type PrepaidInBrowser, startH5, startNative } from './start-by-url.ts'
export { type SignedV2, startAppV2, startJsapiV2, startJssdkV2, startMiniProgramV2 } from './start-v2.ts'
export { signWorkwxPayment, signWorkwxRedPack, type WorkwxSigned } from './workwx-sign.ts'
