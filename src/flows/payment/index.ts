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
export type { Prepaid, PrepaidInApp } from './prepaid.ts'
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
