import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import { md5 } from '../../core/crypto/digest.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import type {
  V2MmpaymkttransfersPromotionPaywwsptrans2pocketPostRequest as Payment,
  V2MmpaymkttransfersSendworkwxredpackPostRequest as RedPack,
} from '../../definitions/generated/types.ts'
import { integerText, type ParameterFormat, requireParameter } from '../parameter.ts'

/** A body with 企业微信签名, whose fields include the signed `nonce_str`. */
export type WorkwxSigned<Body> = Body & { nonce_str: string; workwx_sign: string }

/** The signed fields, in ASCII order. */
const RED_PACK = ['act_name', 'mch_billno', 'mch_id', 'nonce_str', 're_openid', 'total_amount', 'wxappid'] as const
const PAYMENT = ['amount', 'appid', 'desc', 'mch_id', 'nonce_str', 'openid', 'partner_trade_no', 'ww_msg_type'] as const

const SECRET: ParameterFormat = [
  /^\S+$/,
  "the secret of the agent (企业微信管理端 → 企业支付 → secret), not the merchant's key",
]
const VALUE: ParameterFormat = [/\S/, 'a value, because workwx_sign covers it']

/**
 * Signs a red packet for an employee (企业微信 发放企业红包): adds `workwx_sign`, an MD5 of certain fields and the agent's
 * secret, and the `nonce_str` it covers. The client then signs the whole body as for any call.
 *
 * @param client the merchant's client
 * @param body the body of `sendworkwxredpack`; default of `mch_id`: the client's
 * @param secret the agent's secret, which is not stored
 * @throws {CallError} `PARAMETER_INVALID`: names the field; nothing was sent
 * @see https://developer.work.weixin.qq.com/document/path/90281
 * @example
 * ```ts
 * const body = signWorkwxRedPack(wxpay, { mch_billno, wxappid, re_openid, total_amount: 100, … }, secret)
 * const { data } = await wxpay.v2.mmpaymkttransfers.sendworkwxredpack.post(body)
 * ```
 */
export function signWorkwxRedPack<Body extends Omit<RedPack, 'mch_id'> & { mch_id?: string }>(
  client: Wechatpay,
  body: Body,
  secret: string,
): WorkwxSigned<Body & { mch_id: string }> {
  return signBody(client, body, RED_PACK, secret)
}

/**
 * Signs a payment to an employee (企业微信 向员工付款), like {@link signWorkwxRedPack}.
 *
 * @param client the merchant's client
 * @param body the body of `paywwsptrans2pocket`, with `ww_msg_type`; default of `mch_id`: the client's
 * @param secret the agent's secret, which is not stored
 * @throws {CallError} `PARAMETER_INVALID`: names the field; nothing was sent
 * @see https://developer.work.weixin.qq.com/document/path/90281
 * @example
 * ```ts
 * const body = signWorkwxPayment(wxpay, { partner_trade_no, appid, openid, amount: 100, ww_msg_type: 'NORMAL_MSG', … }, secret)
 * const { data } = await wxpay.v2.mmpaymkttransfers.promotion.paywwsptrans2pocket.post(body)
 * ```
 */
export function signWorkwxPayment<
  Body extends Omit<Payment, 'mch_id' | 'ww_msg_type'> & {
    mch_id?: string
    ww_msg_type: NonNullable<Payment['ww_msg_type']>
  },
>(client: Wechatpay, body: Body, secret: string): WorkwxSigned<Body & { mch_id: string }> {
  return signBody(client, body, PAYMENT, secret)
}

function signBody<Body extends { mch_id?: string }>(
  client: Wechatpay,
  body: Body,
  names: readonly string[],
  secret: string,
): WorkwxSigned<Body & { mch_id: string }> {
  const { mchid, crypto } = credentialsOf(client).account
  requireParameter(secret, 'secret', SECRET)
  const signed = { nonce_str: nonce(crypto), ...body, mch_id: body.mch_id ?? mchid }
  const fields: Readonly<Record<string, unknown>> = signed
  const pairs = names.map(name => `${name}=${requireParameter(integerText(fields[name]), name, VALUE)}`)
  return { ...signed, workwx_sign: md5(`${pairs.join('&')}&secret=${secret}`).toUpperCase() }
}
