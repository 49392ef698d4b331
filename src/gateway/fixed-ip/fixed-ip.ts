import { compileAllow } from '../caps/allow.ts'
import { table } from '../generated/ip-allow-list.ts'
import { readPaths } from '../path-table.ts'

/**
 * Another gateway, `wechatpay-edge serve` at a fixed IP address, which makes the calls that WeChat Pay admits from listed addresses
 * only. It gets them unsigned, as from any caller, and signs them with its own keys: an attacker who takes over this gateway is still
 * bound by its `allow`, `maxAmount` and audit trail.
 */
export interface FixedIpGateway {
  /** Its address, without a slash at the end: `https://fixed.example.com`. */
  readonly url: string
  /** The bearer token of one of its callers. */
  readonly token: string
  /** More calls that it makes, in the syntax of a caller's `allow`: `POST /v3/merchant/fund/withdraw`. */
  readonly paths?: readonly string[]
  /** Sends the requests. Default: the runtime's `fetch`. */
  readonly fetch?: typeof fetch
}

/** Returns whether the gateway with the fixed address makes a call. */
export type UsesFixedIp = (method: string, path: string) => boolean

const listed = readPaths(table)

/**
 * Returns whether WeChat Pay admits a call from listed IP addresses only (接口IP): 商家转账, red packets, payouts to banks.
 *
 * @param path with its API and with its parameters filled in: `/v3/fund-app/mch-transfer/transfer-bills`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013751010
 * @example
 * ```ts
 * hasIpAllowList('POST', '/v3/fund-app/mch-transfer/transfer-bills') // true
 * ```
 */
export const hasIpAllowList = (method: string, path: string): boolean => listed.find(method, path) !== undefined

/**
 * Creates a function that selects the calls for the gateway with the fixed address: those that WeChat Pay admits from listed addresses
 * only, and those of `paths`.
 */
export function compileFixedIp(gateway: FixedIpGateway | undefined): UsesFixedIp {
  if (!gateway) return () => false
  const isConfigured = compileAllow(gateway.paths ?? [])
  return (method, path) => hasIpAllowList(method, path) || isConfigured(method, path)
}
