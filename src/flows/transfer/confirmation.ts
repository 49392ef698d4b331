import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import { APPID, MCHID, optionalParameter, type ParameterFormat, presentFields, requireParameter } from '../parameter.ts'

/** A transfer, or an authorization of transfers (免确认收款授权), that waits for the user's confirmation. */
export interface Confirmation {
  /** The `appid` of the request, whose openid receives the money: `wx…`. */
  appid: string
  /** `package_info` of the response, or of the query, in the state `WAIT_USER_CONFIRM`. */
  package_info: string | undefined
  /** The `sub_mchid` of the request, for partners (服务商). */
  sub_mchid?: string | undefined
  /** The `sub_appid` of the request, if it had one, for partners (服务商). */
  sub_appid?: string | undefined
}

/** Parameters of `wx.requestMerchantTransfer` and of `WeixinJSBridge.invoke('requestMerchantTransfer', …)`. */
export interface ConfirmationParameters {
  mchId: string
  subMchId?: string
  appId: string
  subAppId?: string
  package: string
}

/** Parameters of `WXOpenBusinessView` of the WeChat SDK in an app. */
export interface AppConfirmation {
  businessType: 'requestMerchantTransfer'
  query: string
}

const PACKAGE_INFO: ParameterFormat = [/^[\x21-\x7e]{1,1024}$/, 'the package_info of a transfer in WAIT_USER_CONFIRM']

/**
 * Creates the parameters with which a mini program or a web page within WeChat asks the user to confirm a transfer
 * (JSAPI调起用户确认收款), or to authorize transfers (JSAPI调起免确认收款授权). They are not signed; nothing is sent. Only the
 * user whose openid the request names can confirm.
 *
 * @param client the client that started the transfer
 * @param confirmation see {@link Confirmation}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012716430
 * @see https://pay.weixin.qq.com/doc/v3/partner/4016960577
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4015930512
 * @example
 * ```ts
 * const confirmation = startConfirmation(wxpay, { appid, package_info: transfer.package_info })
 * // in the mini program: wx.requestMerchantTransfer({ ...confirmation, success() { … } })
 * // in the page: WeixinJSBridge.invoke('requestMerchantTransfer', confirmation, ({ err_msg }) => …)
 * ```
 */
export function startConfirmation(client: Wechatpay, confirmation: Confirmation): ConfirmationParameters {
  const { appid, package_info, sub_mchid, sub_appid } = confirmation
  return presentFields({
    mchId: credentialsOf(client).account.mchid,
    subMchId: optionalParameter(sub_mchid, 'sub_mchid', MCHID),
    appId: requireParameter(appid, 'appid', APPID),
    subAppId: optionalParameter(sub_appid, 'sub_appid', APPID),
    package: requireParameter(package_info, 'package_info', PACKAGE_INFO),
  }) as unknown as ConfirmationParameters
}

/**
 * Creates the parameters with which an app asks the user to confirm a transfer (APP调起用户确认收款), for `WXOpenBusinessView`
 * of the WeChat SDK. Nothing is sent.
 *
 * @param client the client that started the transfer
 * @param confirmation see {@link Confirmation}; its appid is the app's
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012719576
 * @see https://pay.weixin.qq.com/doc/v3/partner/4015468960
 * @example
 * ```ts
 * const { businessType, query } = startConfirmationApp(wxpay, { appid, package_info: transfer.package_info })
 * ```
 */
export function startConfirmationApp(client: Wechatpay, confirmation: Confirmation): AppConfirmation {
  const parameters = Object.entries(startConfirmation(client, confirmation))
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return { businessType: 'requestMerchantTransfer', query }
}
