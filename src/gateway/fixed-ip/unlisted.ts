import type { CallResponse } from '../relay/call-response.ts'

/**
 * Codes, without underscores, with which WeChat Pay refuses a call from an address that is not listed. They have other meanings too, so
 * the text decides: `此IP地址不允许调用该接口`, `IP地址非你在商户平台设置的可用IP地址`.
 */
const CODES: ReadonlySet<string> = new Set(['NOAUTH', 'INVALIDREQUEST'])
const NAMES_ADDRESS = /IP\s*(?:地址)?\s*(?:不允许|非你)/i

/** Explains how to fix a refused address, in ASCII, as headers require. */
const HINT_HEADER = 'Wechatpay-Edge-Hint'
const HINT =
  'WeChat Pay admits this call from listed IP addresses only. List the fixed address of your server at the merchant platform. Cloudflare Workers have none: send the call through a gateway that has one (GATEWAY_FIXED_IP_URL).'

/**
 * Returns whether WeChat Pay refused a call because of the address that it came from.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013751010
 */
export const isUnlistedIp = ({ code, body }: Pick<CallResponse, 'code' | 'body'>): boolean =>
  CODES.has((code ?? '').replaceAll('_', '').toUpperCase()) && typeof body === 'string' && NAMES_ADDRESS.test(body)

/** Adds the hint as a header. WeChat Pay's body stays as it is. */
export const withHint = (response: CallResponse): CallResponse => ({
  ...response,
  headers: { ...response.headers, [HINT_HEADER]: HINT },
})
