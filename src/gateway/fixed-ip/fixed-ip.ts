import { compileAllow } from '../caps/allow.ts'
import { table } from '../generated/ip-allow-list.ts'
import { readPaths } from '../path-table.ts'

/**
 * Another gateway, `wechatpay-edge serve` at a fixed IP address, which makes the calls that WeChat Pay admits from listed
 * addresses only. It gets them unsigned, as from any caller, and signs them with keys of its own: its `allow`, `maxAmount` and
 * audit trail stand between whoever takes over this gateway and the merchant's balance, as the list of addresses is meant to.
 */
export interface FixedIpGateway {
  /** Where it is, without a slash at its end: `https://fixed.example.com`. */
  readonly url: string
  /** The bearer token of a caller of its. */
  readonly token: string
  /** More calls that it makes, written as a caller's `allow`: `POST /v3/merchant/fund/withdraw`. */
  readonly paths?: readonly string[]
  /** Sends the requests. Default: the runtime's. */
  readonly fetch?: typeof fetch
}

/** Tells whether a call goes by the gateway with the fixed address. */
export type GoesByFixedIp = (method: string, path: string) => boolean

const listed = readPaths(table)

/**
 * Tells whether WeChat Pay admits a call from listed IP addresses only (接口IP): 商家转账, red packets, payouts to banks.
 *
 * @param path filled in, with its API: `/v3/fund-app/mch-transfer/transfer-bills`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013751010
 * @example
 * ```ts
 * hasIpAllowList('POST', '/v3/fund-app/mch-transfer/transfer-bills') // true
 * ```
 */
export const hasIpAllowList = (method: string, path: string): boolean => listed.find(method, path) !== undefined

/**
 * Makes what tells the calls that go by the gateway with the fixed address: those that have an allow-list of addresses, and
 * those of `paths`.
 */
export function compileFixedIp(gateway: FixedIpGateway | undefined): GoesByFixedIp {
  if (!gateway) return () => false
  const isMore = compileAllow(gateway.paths ?? [])
  return (method, path) => hasIpAllowList(method, path) || isMore(method, path)
}
