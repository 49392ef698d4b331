import { CallError } from '../../core/base/errors.ts'
import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import type { Account } from '../../core/options/account.ts'
import { signFields } from '../../core/protocol/v2.ts'
import type { CallOptions } from '../../definitions/call.ts'
import type {
  V2PapayEntrustwebGetQuery,
  V2PapayPartnerH5entrustwebGetQuery,
  V2PapayPreentrustwebPostRequest,
  V2PapayPreentrustwebPostResponse,
} from '../../definitions/generated/types.ts'
import {
  APPID,
  integerText,
  MCHID,
  optionalParameter,
  type ParameterFormat,
  presentFields,
  requireParameter,
  requireUrl,
} from '../parameter.ts'

/** A contract for deductions (委托代扣签约), with the fields that all ways of signing have in common. */
export interface Contract {
  /** The merchant's appid; the partner's (服务商) for partners. */
  appid: string
  /** 商户号, the partner's for partners. Default: the client's */
  mch_id?: string | undefined
  /** The sub-merchant, for partners (服务商). If set, the partner's endpoint is used. */
  sub_mch_id?: string | undefined
  /** The sub-merchant's appid, for partners (服务商) whose sub-merchant's users sign. */
  sub_appid?: string | undefined
  /** 模板id, digits */
  plan_id: string | number | bigint
  /** 签约协议号: the merchant's own number, unique per contract */
  contract_code: string
  /** 请求序列号: unique per request; a positive int64 without leading zeros */
  request_serial: string | number | bigint
  /** 用户账户展示名称, shown on the page. No characters beyond U+FFFF, which excludes emoji. */
  contract_display_account: string
  /** URL for the notification of the outcome; http or https. */
  notify_url: string
}

/** A contract signed on a web page within WeChat (公众号). */
export interface PageContract extends Contract, Pick<V2PapayEntrustwebGetQuery, 'return_web'> {}
/** A contract signed in a browser outside WeChat (H5). `clientip` is the user's IP address. */
export interface H5Contract
  extends Contract,
    Pick<
      V2PapayPartnerH5entrustwebGetQuery,
      | 'clientip'
      | 'return_appid'
      | 'deviceid'
      | 'mobile'
      | 'email'
      | 'qq'
      | 'openid'
      | 'creid'
      | 'outerid'
      | 'sign_type'
    > {}
/** A contract signed from an app. */
export interface AppContract extends Contract, Pick<V2PapayPreentrustwebPostRequest, 'return_app' | 'sign_type'> {}

/** Parameters of `wx.navigateToMiniProgram`, which opens WeChat Pay's mini program with the contract to sign. */
export interface MiniProgramContract {
  appId: 'wxbd687630cd02ce1d'
  path: 'pages/index/index'
  extraData: Record<string, string>
}

/** Parameters of the WeChat SDK in an app. */
export interface AppContractStart {
  /**
   * For `WXLaunchMiniProgram`, the only way for templates (模板) since 2025-09-23. Undefined if the response names no
   * mini program.
   */
  launchMiniProgram: { userName: string; path: string; miniprogramType: 0 } | undefined
  /** For `WXOpenBusinessWebview`, for older templates. */
  openBusinessWebview: { businessType: 12; queryInfo: { pre_entrustweb_id: string } }
}

const SERIAL_DESCRIPTION = 'a number that does not begin with 0, at most 9223372036854775807'
const ASCII: ParameterFormat = [/^[\x21-\x7e]{1,128}$/, '1 to 128 digits and letters']
const DIGITS: ParameterFormat = [/^\d{1,28}$/, 'digits']
const SERIAL: ParameterFormat = [/^[1-9]\d{0,18}$/, SERIAL_DESCRIPTION]
const NAME: ParameterFormat = [
  /^[^\ud800-\udfff\u{10000}-\u{10ffff}]{1,128}$/u,
  '1 to 128 characters, none of them an emoji',
]
const IP: ParameterFormat = [/^\d{1,3}(\.\d{1,3}){3}$|^[\dA-Fa-f.]*:[\dA-Fa-f:.]+$/, "the shopper's IP address"]

/**
 * Creates the URL to which a web page within WeChat redirects the user to sign a contract (公众号纯签约). The URL is signed
 * (MD5); nothing is sent. Open it with `location.href`, from a page with
 * `<meta name="referrer" content="no-referrer-when-downgrade">`.
 *
 * @param client the merchant's or partner's client
 * @param contract the contract; with `sub_mch_id` for partners (服务商)
 * @returns the URL
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter3_1.shtml
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter5_1.shtml
 * @example
 * ```ts
 * const url = await startContract(wxpay, {
 *   appid, plan_id: 12535, contract_code: '100000', request_serial: 1000,
 *   contract_display_account: '微信代扣', notify_url: 'https://shop.example/contract',
 * })
 * return Response.redirect(url)
 * ```
 */
export async function startContract(client: Wechatpay, contract: PageContract): Promise<string> {
  return client
    .chain(pathOf('entrustweb', contract))
    .url({ params: readContract(contract, credentialsOf(client).account) })
}

/**
 * Requests the URL to which a browser outside WeChat redirects the user to sign a contract (H5纯签约). Call it on the
 * server and pass only the result to the browser.
 *
 * @param client the merchant's or partner's client
 * @param contract the contract; with `sub_mch_id` for partners (服务商)
 * @param options `signal`, `timeout`, `retry` and so on
 * @returns `redirect_url` of the response
 * @throws {CallError} `PARAMETER_INVALID`: names the field; nothing was sent
 * @throws {ServiceError} WeChat Pay refused
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011987295
 * @see https://pay.weixin.qq.com/doc/v2/partner/4011988368
 * @example
 * ```ts
 * const url = await startContractH5(wxpay, { ...contract, clientip: request.headers.get('cf-connecting-ip')! })
 * ```
 */
export async function startContractH5(
  client: Wechatpay,
  contract: H5Contract,
  options: CallOptions = {},
): Promise<string> {
  requireParameter(contract.clientip, 'clientip', IP)
  const params = readContract(contract, credentialsOf(client).account)
  const { data } = await client
    .chain(pathOf('h5entrustweb', contract))
    .get<{ redirect_url: string }>({ ...options, params })
  return data.redirect_url
}

/**
 * Prepares a contract to be signed from an app (APP纯签约): sends `preentrustweb` and returns parameters for the WeChat
 * SDK. They are valid for at most 2 minutes.
 *
 * @param client the merchant's or partner's client
 * @param contract the contract; with `sub_mch_id` for partners (服务商)
 * @param options `signal`, `timeout`, `retry` and so on
 * @throws {CallError} `PARAMETER_INVALID`: names the field; nothing was sent
 * @throws {ServiceError} WeChat Pay refused
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011986804
 * @see https://pay.weixin.qq.com/doc/v2/partner/4016049199
 * @example
 * ```ts
 * const { launchMiniProgram } = await startContractApp(wxpay, { ...contract, return_app: 'Y' })
 * ```
 */
export async function startContractApp(
  client: Wechatpay,
  contract: AppContract,
  options: CallOptions = {},
): Promise<AppContractStart> {
  const body = readContract(contract, credentialsOf(client).account)
  const { data } = await client
    .chain(pathOf('preentrustweb', contract))
    .post<V2PapayPreentrustwebPostResponse>(body, { ...options })
  const { miniprogram_username, miniprogram_path, pre_entrustweb_id } = data
  return {
    launchMiniProgram:
      miniprogram_username && miniprogram_path
        ? { userName: miniprogram_username, path: miniprogram_path, miniprogramType: 0 }
        : undefined,
    openBusinessWebview: { businessType: 12, queryInfo: { pre_entrustweb_id } },
  }
}

/**
 * Creates the parameters of `wx.navigateToMiniProgram` to sign a contract in a mini program (小程序纯签约). They are signed
 * (MD5); nothing is sent. List `wxbd687630cd02ce1d` in `navigateToMiniProgramAppIdList` of app.json.
 *
 * @param client the merchant's or partner's client
 * @param contract the contract; with `sub_mch_id` for partners (服务商)
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter3_3.shtml
 * @see https://pay.weixin.qq.com/doc/v2/partner/4011989901
 * @example
 * ```ts
 * const target = await startContractMiniProgram(wxpay, contract)
 * // in the mini program: wx.navigateToMiniProgram({ ...target, success() { … } })
 * ```
 */
export async function startContractMiniProgram(client: Wechatpay, contract: Contract): Promise<MiniProgramContract> {
  const { account } = credentialsOf(client)
  const { version: _, ...extraData } = readContract(contract, account)
  extraData.sign = await signFields(extraData, 'MD5', account)
  return { appId: 'wxbd687630cd02ce1d', path: 'pages/index/index', extraData }
}

const pathOf = (name: string, { sub_mch_id }: Contract): string =>
  `v2/papay/${sub_mch_id === undefined ? '' : 'partner/'}${name}`

/**
 * Checks the common fields and returns them with the other ones, which are passed on unchecked.
 *
 * @throws {CallError} names the field
 */
function readContract(contract: Contract, { mchid, now }: Account): Record<string, string> {
  requireUrl(contract.notify_url, 'notify_url', ['https:', 'http:'])
  return presentFields({
    ...contract,
    appid: requireParameter(contract.appid, 'appid', APPID),
    mch_id: requireParameter(contract.mch_id ?? mchid, 'mch_id', MCHID),
    sub_mch_id: optionalParameter(contract.sub_mch_id, 'sub_mch_id', MCHID),
    sub_appid: optionalParameter(contract.sub_appid, 'sub_appid', APPID),
    plan_id: requireParameter(integerText(contract.plan_id), 'plan_id', DIGITS),
    contract_code: requireParameter(contract.contract_code, 'contract_code', ASCII),
    request_serial: serialOf(contract),
    contract_display_account: requireParameter(contract.contract_display_account, 'contract_display_account', NAME),
    version: '1.0',
    timestamp: String(Math.floor(now() / 1000)),
  })
}

function serialOf({ request_serial }: Contract): string {
  const serial = requireParameter(integerText(request_serial), 'request_serial', SERIAL)
  if (BigInt(serial) < 2n ** 63n) return serial
  throw new CallError('PARAMETER_INVALID', 'request_serial', `give ${SERIAL_DESCRIPTION}`)
}
