import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { Account } from '../../../core/options/account.ts'
import type { SignType } from '../../../definitions/trait.ts'
import { MCHID, requireParameter } from '../../parameter.ts'
import { type Prepaid, type PrepaidInApp, readPrepaid } from './prepaid.ts'

/** Parameters of `wx.requestPayment` in a mini program. */
export interface MiniProgramPayment<Type extends 'RSA' | SignType = 'RSA'> {
  /** Seconds since 1970, as text. */
  timeStamp: string
  nonceStr: string
  /** `prepay_id=…` */
  package: string
  signType: Type
  /** APIv3: base64; APIv2: upper-case hex. */
  paySign: string
}

/** Parameters of `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`. */
export interface JsapiPayment<Type extends 'RSA' | SignType = 'RSA'> extends MiniProgramPayment<Type> {
  appId: string
}

/**
 * Parameters of `wx.chooseWXPay` of the JS-SDK (jweixin), which has `timestamp` in lower case and the appid from
 * `wx.config`.
 */
export interface JssdkPayment<Type extends 'RSA' | SignType = 'RSA'>
  extends Omit<MiniProgramPayment<Type>, 'timeStamp'> {
  /** Seconds since 1970, as text. */
  timestamp: string
}

/**
 * Parameters of `PayReq` of the WeChat SDK in an app. iOS: `partnerId`, `prepayId`, `package`, `nonceStr`, `timeStamp`
 * (a number), `sign`; Android and HarmonyOS: the same with `appId`, and `packageValue` instead of `package`.
 */
export interface AppPayment {
  appid: string
  partnerid: string
  prepayid: string
  package: 'Sign=WXPay'
  noncestr: string
  /** Seconds since 1970, as text. */
  timestamp: string
  /** APIv3: base64; APIv2: upper-case hex. */
  sign: string
}

/**
 * Creates the parameters with which a web page within WeChat starts a payment (JSAPI 调起支付):
 * `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`. Pass them to the page unchanged; nothing is sent.
 *
 * @param client the client that placed the order
 * @param order the order; for its appid for partners (服务商) and combined orders (合单) see {@link Prepaid}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `privateKey` is missing
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791857
 * @example
 * ```ts
 * const { data } = await wxpay.v3.pay.transactions.jsapi.post({ appid, mchid, …, payer: { openid } })
 * const payment = await startJsapi(wxpay, { appid, prepay_id: data.prepay_id })
 * // in the page: WeixinJSBridge.invoke('getBrandWCPayRequest', payment, ({ err_msg }) => …)
 * ```
 */
export async function startJsapi(client: Wechatpay, order: Prepaid): Promise<JsapiPayment> {
  return { appId: order.appid, ...(await startMiniProgram(client, order)) }
}

/**
 * Creates the same for `wx.chooseWXPay` of the JS-SDK. Nothing is sent.
 *
 * @param client the client that placed the order
 * @param order see {@link Prepaid}; its appid is that of `wx.config`
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `privateKey` is missing
 * @see https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
 * @example
 * ```ts
 * const payment = await startJssdk(wxpay, { appid, prepay_id: data.prepay_id })
 * // in the page: wx.chooseWXPay({ ...payment, success() { … } })
 * ```
 */
export async function startJssdk(client: Wechatpay, order: Prepaid): Promise<JssdkPayment> {
  const { timeStamp, ...payment } = await startMiniProgram(client, order)
  return { timestamp: timeStamp, ...payment }
}

/**
 * Creates the parameters with which a mini program starts a payment (小程序调起支付): `wx.requestPayment`. The appid is signed
 * but not included, since a mini program has only its own. Nothing is sent.
 *
 * @param client the client that placed the order, with `/v3/pay/transactions/jsapi`
 * @param order the order; for its appid for partners (服务商) and combined orders (合单) see {@link Prepaid}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `privateKey` is missing
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791898
 * @example
 * ```ts
 * const { data } = await wxpay.v3.combineTransactions.jsapi.post({ combine_appid, combine_mchid, … })
 * const payment = await startMiniProgram(wxpay, { appid: combine_appid, prepay_id: data.prepay_id })
 * // in the mini program: wx.requestPayment({ ...payment, success() { … } })
 * ```
 */
export async function startMiniProgram(client: Wechatpay, order: Prepaid): Promise<MiniProgramPayment> {
  const { account } = credentialsOf(client)
  const { appid, prepayId, timestamp, nonce } = readPrepaid(order, account)
  const packaged = `prepay_id=${prepayId}`
  return {
    timeStamp: timestamp,
    nonceStr: nonce,
    package: packaged,
    signType: 'RSA',
    paySign: await signLines([appid, timestamp, nonce, packaged], account),
  }
}

/**
 * Creates the parameters with which an app starts a payment (App 调起支付), for `PayReq` of the WeChat SDK. Nothing is
 * sent.
 *
 * @param client the client that placed the order
 * @param order the order; for its appid and mchid for partners (服务商) and combined orders (合单) see {@link Prepaid}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `privateKey` is missing
 * @see https://pay.weixin.qq.com/docs/merchant/apis/in-app-payment/app-transfer-payment.html
 * @example
 * ```ts
 * const { data } = await wxpay.v3.pay.partner.transactions.app.post({ sp_appid, sp_mchid, sub_appid, sub_mchid, … })
 * const payment = await startApp(wxpay, { appid: sub_appid, prepay_id: data.prepay_id })
 * ```
 */
export async function startApp(client: Wechatpay, order: PrepaidInApp): Promise<AppPayment> {
  const { account } = credentialsOf(client)
  const { appid, prepayId, timestamp, nonce } = readPrepaid(order, account)
  return {
    appid,
    partnerid: requireParameter(order.mchid ?? account.mchid, 'mchid', MCHID),
    prepayid: prepayId,
    package: 'Sign=WXPay',
    noncestr: nonce,
    timestamp,
    sign: await signLines([appid, timestamp, nonce, prepayId], account),
  }
}

/** Signs lines that each end with a line feed, including the last. */
const signLines = (lines: readonly string[], { sign }: Account): Promise<string> =>
  sign(lines.map(line => `${line}\n`).join(''))
