import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import type { CallOptions } from '../../definitions/call.ts'
import {
  APPID,
  integerText,
  MCHID,
  optionalParameter,
  type ParameterFormat,
  presentFields,
  requireParameter,
} from '../parameter.ts'

/** The merchant, as named in both steps of a face payment. */
export interface FacePayMerchant {
  /** `wx…`; the partner's (服务商) for partners. */
  appid: string
  /** 商户号, the partner's for partners. Default: the client's */
  mch_id?: string | undefined
  /** The sub-merchant's appid, for partners (服务商). */
  sub_appid?: string | undefined
  /** The sub-merchant, for partners (服务商). */
  sub_mch_id?: string | undefined
  /** 门店编号 */
  store_id: string
}

/** A device that requests authorization. */
export interface FacePayDevice extends FacePayMerchant {
  /** 门店名称 */
  store_name: string
  /** 终端设备编号 */
  device_id: string
  /** Result of the SDK's `getWxpayfaceRawdata`. */
  rawdata: string
  attach?: string | undefined
}

/** Authorization of a device. */
export interface FacePayAuthorization {
  /** 调用凭证 */
  authinfo: string
  /** Seconds for which `authinfo` is valid and can be cached. Undefined if WeChat Pay does not tell. */
  expires_in: number | undefined
}

/** A payment by face. */
export interface FacePayment extends FacePayMerchant {
  /** `authinfo` returned by {@link authorizeFacePay}. */
  authinfo: string
  /**
   * `1` (default): the SDK's `face_code` is a bar code of 18 digits, to use as `auth_code` of micropay (付款码支付). `0`: it
   * is the `face_code` of `/pay/facepay`, which WeChat Pay no longer maintains.
   */
  face_code_type?: '0' | '1' | undefined
  /** 商户订单号; required with `face_code_type` 0. */
  out_trade_no?: string | undefined
  /** Amount in fen (分); required with `face_code_type` 0. */
  total_fee?: number | undefined
  // The next four are taken from integrators' programs; the official page only describes the SDK.
  /** The shopper's phone number (会员手机号), which prefills the SDK's input field. */
  telephone?: string | undefined
  /** The shopper's openid, for quick payments (快捷支付模式). */
  openid?: string | undefined
  /** `1`: the SDK offers to enable face payment (人脸识别授权项); `0`: it does not. */
  ask_face_permit?: '0' | '1' | undefined
  /** `1`: the SDK shows WeChat Pay's success page after the payment; `0`: it does not. */
  ask_ret_page?: '0' | '1' | undefined
}

/** Parameters of the SDK's `getWxpayfaceCode`: a map of text. */
export type FacePayParameters = Record<string, string>

const TEXT: ParameterFormat = [/\S/, 'text']
const RAWDATA: ParameterFormat = [/\S/, "the result of the SDK's getWxpayfaceRawdata"]
const AUTHINFO: ParameterFormat = [/\S/, 'the authinfo of authorizeFacePay']
const FEN: ParameterFormat = [/^[1-9]\d*$/, 'whole fen (分), more than 0']
const OUT_TRADE_NO: ParameterFormat = [/^[\w|*-]{1,32}$/, '1 to 32 letters, digits, _ - | or *']
const FLAG: ParameterFormat = [/^[01]$/, "'0' or '1'"]

/**
 * Authorizes a device to accept face payments (刷脸支付, 获取调用凭证): sends `get_wxpayface_authinfo` with the current time.
 *
 * @param client the merchant's or partner's client
 * @param device the device
 * @param options `signal`, `timeout`, `retry` and so on
 * @throws {CallError} `PARAMETER_INVALID`: names the field; nothing was sent
 * @throws {ServiceError} WeChat Pay refused
 * @see https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/android/facepay.html
 * @example
 * ```ts
 * const { authinfo, expires_in } = await authorizeFacePay(wxpay, { appid, store_id: '1', store_name: '深圳店', device_id, rawdata })
 * ```
 */
export async function authorizeFacePay(
  client: Wechatpay,
  device: FacePayDevice,
  options: CallOptions = {},
): Promise<FacePayAuthorization> {
  const { now } = credentialsOf(client).account
  const { data } = await client.chain('v2/face/get_wxpayface_authinfo').post(
    {
      ...device,
      ...readMerchant(client, device),
      store_name: requireParameter(device.store_name, 'store_name', TEXT),
      device_id: requireParameter(device.device_id, 'device_id', TEXT),
      rawdata: requireParameter(device.rawdata, 'rawdata', RAWDATA),
      now: Math.floor(now() / 1000),
      version: '1',
      sign_type: 'HMAC-SHA256',
    },
    options,
  )
  const { authinfo, expires_in } = data
  return { authinfo, expires_in: expires_in === undefined ? undefined : Number(expires_in) }
}

/**
 * Creates the parameters of `getWxpayfaceCode`, with which a device starts a face payment. Then pay with its
 * `face_code` as the `auth_code` of micropay. Nothing is signed or sent.
 *
 * @param client the merchant's or partner's client
 * @param payment the payment
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @see https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/android/facepay.html
 * @example
 * ```ts
 * const parameters = startFacePay(wxpay, { appid, store_id: '1', authinfo, out_trade_no, total_fee: 100 })
 * // on the device: WxPayFace.getInstance().getWxpayfaceCode(parameters, callback)
 * ```
 */
export function startFacePay(client: Wechatpay, payment: FacePayment): FacePayParameters {
  const { face_code_type = '1', out_trade_no, total_fee, ask_face_permit, ask_ret_page, telephone, openid } = payment
  const requireByCodeType =
    requireParameter(face_code_type, 'face_code_type', FLAG) === '0' ? requireParameter : optionalParameter
  return presentFields({
    face_authtype: 'FACEPAY',
    ...readMerchant(client, payment),
    authinfo: requireParameter(payment.authinfo, 'authinfo', AUTHINFO),
    face_code_type,
    out_trade_no: requireByCodeType(out_trade_no, 'out_trade_no', OUT_TRADE_NO),
    total_fee: requireByCodeType(integerText(total_fee), 'total_fee', FEN),
    telephone: optionalParameter(telephone, 'telephone', TEXT),
    openid: optionalParameter(openid, 'openid', TEXT),
    ask_face_permit: optionalParameter(ask_face_permit, 'ask_face_permit', FLAG),
    ask_ret_page: optionalParameter(ask_ret_page, 'ask_ret_page', FLAG),
  })
}

const readMerchant = (client: Wechatpay, { appid, mch_id, sub_appid, sub_mch_id, store_id }: FacePayMerchant) => ({
  appid: requireParameter(appid, 'appid', APPID),
  mch_id: requireParameter(mch_id ?? credentialsOf(client).account.mchid, 'mch_id', MCHID),
  sub_appid: optionalParameter(sub_appid, 'sub_appid', APPID),
  sub_mch_id: optionalParameter(sub_mch_id, 'sub_mch_id', MCHID),
  store_id: requireParameter(store_id, 'store_id', TEXT),
})
