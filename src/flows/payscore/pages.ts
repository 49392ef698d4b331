import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import type { Account } from '../../core/options/account.ts'
import { signFields } from '../../core/protocol/v2.ts'
import { type ParameterFormat, requireParameter } from '../parameter.ts'
import { OUT_ORDER_NO, SERVICE_ID } from './query.ts'

/** Kind of page of WeChat Pay Score: confirm an order, see an order, authorize the service. */
export type ScoreBusiness = 'wxpayScoreUse' | 'wxpayScoreDetail' | 'wxpayScoreEnable'

/** Parameters that open a page of WeChat Pay Score (微信支付分), for each kind of client app. */
export interface ScorePage {
  /** For `wx.openBusinessView` of a mini program. */
  miniProgram: { businessType: ScoreBusiness; extraData: Record<string, string> }
  /** For `wx.invoke('openBusinessView', …)` of the JS-SDK 1.5.0, in a web page within WeChat. */
  jsapi: { businessType: ScoreBusiness; queryString: string }
  /** For `WXOpenBusinessView` of the WeChat SDK in an app. */
  app: { businessType: ScoreBusiness; query: string; extInfo: '{"miniProgramType":0}' }
}

// No `&`, which separates the fields that are signed.
const PACKAGE: ParameterFormat = [/^[\w\-+/=.~%]+$/, 'the package of the response to creating the service order']
const TOKEN: ParameterFormat = [
  /^[\x21-\x7e]{1,2048}$/,
  'the apply_permissions_token of the response, valid for an hour',
]

/**
 * Creates the parameters that open the page on which the user confirms a service order (调起支付分-确认订单). Nothing is
 * sent. A `package` opens the page once; `createServiceOrder` with the same request returns it again.
 *
 * @param client the client that created the order
 * @param order `package` of the response; `isSigned` for institutions (机构), whose page requires the merchant id and a
 * signature (HMAC-SHA256), which the page of merchants and partners no longer does
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing, if it is to be signed
 * @see https://pay.weixin.qq.com/docs/merchant/apis/weixin-pay-score/applets-confirm.html
 * @see https://pay.weixin.qq.com/doc/global/v3/zh/4014096514
 * @example
 * ```ts
 * const { miniProgram } = await startScoreConfirmation(wxpay, { package: order.package })
 * // in the mini program: wx.openBusinessView({ ...miniProgram, success() { … } })
 * ```
 */
export async function startScoreConfirmation(
  client: Wechatpay,
  order: { package: string | undefined; isSigned?: boolean },
): Promise<ScorePage> {
  const packaged = { package: requireParameter(order.package, 'package', PACKAGE) }
  const { account } = credentialsOf(client)
  return pageOf(
    'wxpayScoreUse',
    order.isSigned ? await sign({ mch_id: account.mchid, ...packaged }, account) : packaged,
  )
}

/**
 * Creates the parameters that open the page of a service order (调起支付分-订单详情). They are signed with the APIv2 key
 * (HMAC-SHA256); nothing is sent.
 *
 * @param client the client that created the order
 * @param order its `service_id` and `out_order_no`
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/docs/merchant/apis/weixin-pay-score/applets-order.html
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012155285
 * @example
 * ```ts
 * const { jsapi } = await startScoreDetail(wxpay, { service_id, out_order_no })
 * // in the page: wx.invoke('openBusinessView', jsapi, ({ err_code }) => …)
 * ```
 */
export async function startScoreDetail(
  client: Wechatpay,
  order: { service_id: string; out_order_no: string },
): Promise<ScorePage> {
  const { account } = credentialsOf(client)
  const fields = {
    mch_id: account.mchid,
    service_id: requireParameter(order.service_id, 'service_id', SERVICE_ID),
    out_order_no: requireParameter(order.out_order_no, 'out_order_no', OUT_ORDER_NO),
  }
  return pageOf('wxpayScoreDetail', await sign(fields, account))
}

/**
 * Creates the parameters that open the page on which the user authorizes a service (调起支付分-授权服务), after which their
 * orders need no confirmation. Nothing is sent.
 *
 * @param permission `apply_permissions_token` of the response to `/v3/payscore/permissions`, valid for an hour
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @see https://pay.weixin.qq.com/docs/merchant/apis/weixin-pay-score/applets-auth.html
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012155289
 * @example
 * ```ts
 * const { data } = await wxpay.v3.payscore.permissions.post({ service_id, appid, authorization_code, notify_url })
 * const { app } = startScorePermission(data)
 * ```
 */
export function startScorePermission(permission: { apply_permissions_token: string }): ScorePage {
  const { apply_permissions_token } = permission
  return pageOf('wxpayScoreEnable', {
    apply_permissions_token: requireParameter(apply_permissions_token, 'apply_permissions_token', TOKEN),
  })
}

async function sign(fields: Record<string, string>, account: Account): Promise<Record<string, string>> {
  const signed = {
    ...fields,
    timestamp: String(Math.floor(account.now() / 1000)),
    nonce_str: nonce(account.crypto),
    sign_type: 'HMAC-SHA256',
  }
  return { ...signed, sign: await signFields(signed, 'HMAC-SHA256', account) }
}

function pageOf(businessType: ScoreBusiness, fields: Record<string, string>): ScorePage {
  const query = Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  return {
    miniProgram: { businessType, extraData: fields },
    jsapi: { businessType, queryString: query },
    app: { businessType, query, extInfo: '{"miniProgramType":0}' },
  }
}
