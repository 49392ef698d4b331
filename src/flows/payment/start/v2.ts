import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import { signFields } from '../../../core/protocol/v2.ts'
import type { SignType } from '../../../definitions/trait.ts'
import { MCHID, type ParameterFormat, requireParameter } from '../../parameter.ts'
import { type Prepaid, type PrepaidInApp, readPrepaid } from './prepaid.ts'
import type { AppPayment, JsapiPayment, JssdkPayment, MiniProgramPayment } from './v3.ts'

/** Signature options of an APIv2 payment. */
export interface SignedV2 {
  /**
   * The `sign_type` of the order, since WeChat rejects any other. Default: `HMAC-SHA256`, the default of this library
   * for orders
   */
  signType?: SignType | undefined
}

const SIGN_TYPE: ParameterFormat = [/^(MD5|HMAC-SHA256)$/, 'MD5 or HMAC-SHA256']

const signTypeOf = ({ signType = 'HMAC-SHA256' }: SignedV2): SignType =>
  requireParameter(signType, 'signType', SIGN_TYPE) as SignType

/**
 * Creates the parameters with which a web page within WeChat starts an APIv2 payment:
 * `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`. Signed with the APIv2 key; nothing is sent.
 *
 * @param client the client that placed the order
 * @param order the order; for its appid for partners (服务商) see {@link Prepaid}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/wiki/doc/api/jsapi.php?chapter=7_7
 * @example
 * ```ts
 * const { data } = await wxpay.v2.pay.unifiedorder.post({ appid, mch_id, trade_type: 'JSAPI', openid, … })
 * const payment = await startJsapiV2(wxpay, { appid, prepay_id: data.prepay_id })
 * ```
 */
export async function startJsapiV2(client: Wechatpay, order: Prepaid & SignedV2): Promise<JsapiPayment<SignType>> {
  return { appId: order.appid, ...(await startMiniProgramV2(client, order)) }
}

/**
 * Creates the same for `wx.chooseWXPay` of the JS-SDK, which requires `timestamp` in lower case although `timeStamp` is
 * signed.
 *
 * @param client the client that placed the order
 * @param order see {@link Prepaid}; its appid is that of `wx.config`
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
 * @example
 * ```ts
 * const payment = await startJssdkV2(wxpay, { appid, prepay_id: data.prepay_id, signType: 'MD5' })
 * // in the page: wx.chooseWXPay({ ...payment, success() { … } })
 * ```
 */
export async function startJssdkV2(client: Wechatpay, order: Prepaid & SignedV2): Promise<JssdkPayment<SignType>> {
  const { timeStamp, ...payment } = await startMiniProgramV2(client, order)
  return { timestamp: timeStamp, ...payment }
}

/**
 * Creates the parameters with which a mini program starts an APIv2 payment: `wx.requestPayment`. The appid is signed
 * but not included.
 *
 * @param client the client that placed the order
 * @param order the order; for its appid for partners (服务商) see {@link Prepaid}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011939566
 * @example
 * ```ts
 * const payment = await startMiniProgramV2(wxpay, { appid, prepay_id: data.prepay_id })
 * // in the mini program: wx.requestPayment({ ...payment, success() { … } })
 * ```
 */
export async function startMiniProgramV2(
  client: Wechatpay,
  order: Prepaid & SignedV2,
): Promise<MiniProgramPayment<SignType>> {
  const { account } = credentialsOf(client)
  const { appid, prepayId, timestamp, nonce } = readPrepaid(order, account)
  const signType = signTypeOf(order)
  const payment = { timeStamp: timestamp, nonceStr: nonce, package: `prepay_id=${prepayId}`, signType }
  return { ...payment, paySign: await signFields({ appId: appid, ...payment }, signType, account) }
}

/**
 * Creates the parameters with which an app starts an APIv2 payment, for `PayReq` of the WeChat SDK. They are signed
 * under their lower-case names.
 *
 * @param client the client that placed the order
 * @param order the order; `mchid` is the sub-merchant's for partners (服务商), see {@link Prepaid}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/doc/v2/partner/4011986561
 * @example
 * ```ts
 * const { data } = await wxpay.v2.pay.unifiedorder.post({ appid, mch_id, trade_type: 'APP', … })
 * const payment = await startAppV2(wxpay, { appid, prepay_id: data.prepay_id })
 * ```
 */
export async function startAppV2(client: Wechatpay, order: PrepaidInApp & SignedV2): Promise<AppPayment> {
  const { account } = credentialsOf(client)
  const { appid, prepayId, timestamp, nonce } = readPrepaid(order, account)
  const payment = {
    appid,
    partnerid: requireParameter(order.mchid ?? account.mchid, 'mchid', MCHID),
    prepayid: prepayId,
    package: 'Sign=WXPay' as const,
    noncestr: nonce,
    timestamp,
  }
  return { ...payment, sign: await signFields(payment, signTypeOf(order), account) }
}
