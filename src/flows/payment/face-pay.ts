import { credentialsOf, type Wechatpay } from '../../core/client.ts'
import type { CallOptions } from '../../core/endpoints/call.ts'
import {
  APPID,
  integerText,
  MCHID,
  optionalParameter,
  type ParameterFormat,
  presentFields,
  requireParameter,
} from './parameter.ts'

/** Who takes the payment: what both steps of a face payment name. */
export interface FacePayMerchant {
  /** `wx…`; for partners the partner's (服务商). */
  appid: string
  /** 商户号; default: the client's. For partners the partner's. */
  mch_id?: string | undefined
  /** 服务商: the sub merchant's appid. */
  sub_appid?: string | undefined
  /** 服务商: the sub merchant. */
  sub_mch_id?: string | undefined
  /** 门店编号 */
  store_id: string
}

/** A device that asks to be let in. */
export interface FacePayDevice extends FacePayMerchant {
  /** 门店名称 */
  store_name: string
  /** 终端设备编号 */
  device_id: string
  /** What the SDK's `getWxpayfaceRawdata` answered. */
  rawdata: string
  attach?: string | undefined
}

/** Lets a device in. */
export interface FacePayAuthorization {
  /** 调用凭证 */
  authinfo: string
  /** Seconds for which `authinfo` is valid; keep it as long. Undefined where WeChat Pay does not say. */
  expires_in: number | undefined
}

/** A payment by face. */
export interface FacePayment extends FacePayMerchant {
  /** What {@link authorizeFacePay} gave. */
  authinfo: string
  /**
   * `1` (default): the SDK's `face_code` is a bar code of 18 digits, the `auth_code` of micropay (付款码支付). `0`: it is the
   * `face_code` of `/pay/facepay`, which WeChat Pay no longer maintains.
   */
  face_code_type?: '0' | '1' | undefined
  /** 商户订单号; demanded with `face_code_type` 0. */
  out_trade_no?: string | undefined
  /** fen (分); demanded with `face_code_type` 0. */
  total_fee?: number | undefined
  // The names of the following four are those of integrators' programs and of their comments; the page below describes the SDK.
  /** The shopper's telephone (会员手机号), put into the field where the SDK asks for it. */
  telephone?: string | undefined
  /** The shopper's openid, for quick payments (快捷支付模式). */
  openid?: string | undefined
  /** `1`: the SDK shows that face payment may be switched on (人脸识别授权项); `0`: it does not. */
  ask_face_permit?: '0' | '1' | undefined
  /** `1`: the SDK shows WeChat Pay's page of success, once it was told; `0`: it does not. */
  ask_ret_page?: '0' | '1' | undefined
}

/** What the SDK's `getWxpayfaceCode` takes: a map of text. */
export type FacePayParameters = Record<string, string>

const TEXT: ParameterFormat = [/\S/, 'text']
const RAWDATA: ParameterFormat = [/\S/, "what the SDK's getWxpayfaceRawdata answered"]
const AUTHINFO: ParameterFormat = [/\S/, 'what authorizeFacePay gave']
const FEN: ParameterFormat = [/^[1-9]\d*$/, 'whole fen (分), more than 0']
const OUT_TRADE_NO: ParameterFormat = [/^[\w|*-]{1,32}$/, '1 to 32 letters, digits, _ - | or *']
const FLAG: ParameterFormat = [/^[01]$/, "'0' or '1'"]

/**
 * Lets a device take payments by face (刷脸支付, 获取调用凭证): sends `get_wxpayface_authinfo` with the time that it takes.
 *
 * @param options `signal`, `timeout`, `retry`, as of any call
 * @throws {CallError} `PARAMETER_INVALID`, naming the field; nothing was sent
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
 * What a device's `getWxpayfaceCode` starts a payment by face with. Then pay: its `face_code` is the `auth_code` of micropay.
 * Nothing is signed nor sent.
 *
 * @throws {CallError} `PARAMETER_INVALID`, naming the field
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
