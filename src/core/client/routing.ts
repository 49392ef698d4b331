import type { CallOptions } from '../../definitions/call.ts'
import { accessPoints } from '../../definitions/generated/traits.ts'
import { isRepeatable } from '../../definitions/repeatable.ts'
import { CallError, ConfigurationError } from '../base/errors.ts'
import { checkCallOptions } from '../options/option-checks.ts'
import { type ClientOptions, DEFAULT_TIMEOUT } from '../options/options.ts'
import { type Call, mayTakeEffect } from '../protocol/call.ts'
import type { Route } from './transport.ts'

/** The access point (接入点) of all endpoints that do not name one, and its standby (跨城容灾). */
export const BASE_URL = 'https://api.mch.weixin.qq.com/'
export const STANDBY_URL = 'https://api2.mch.weixin.qq.com/'

/** Options of a call; `baseUrl` restricts it to one access point. */
export type RouteOptions = CallOptions & { readonly baseUrl?: string }

/**
 * Decides where a call is sent, how often, and with which time limit.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function routeOf(call: Call, options: RouteOptions, clientOptions: ClientOptions): Route {
  checkCallOptions(options)
  const { baseUrl, timeout, retry, signal } = options
  return {
    baseUrls: baseUrl ? [baseUrl] : baseUrlsOf(call, clientOptions),
    changes: mayTakeEffect(call),
    isRepeatable: isRepeatable(call),
    timeout: timeout ?? clientOptions.timeout ?? DEFAULT_TIMEOUT,
    retry: retry ?? clientOptions.retry,
    signal,
  }
}

/**
 * Returns the base URLs of a call. The client's own one replaces every access point, keeping the path prefix (`/hk/`)
 * of the endpoint.
 */
function baseUrlsOf({ trait }: Call, { baseUrl, hongKong }: ClientOptions): string[] {
  const { base = BASE_URL, alternative } = trait
  if (baseUrl !== undefined) return [baseUrl.replace(/\/$/, '') + new URL(base).pathname]
  if (hongKong && alternative) return [alternative, base]
  return base === BASE_URL ? [base, STANDBY_URL] : [base]
}

/**
 * Chooses the `fetch` of a call: the one with the merchant's client certificate if WeChat Pay requires it.
 *
 * @throws {ConfigurationError} `OPTION_MISSING`
 */
export function fetchFor({ trait, path }: Call, { fetch = globalThis.fetch, mtlsFetch }: ClientOptions): typeof fetch {
  if (!trait.mtls) return fetch
  if (mtlsFetch) return mtlsFetch
  throw new ConfigurationError(
    'OPTION_MISSING',
    'mtlsFetch',
    `${path} requires the client certificate (双向证书): createMtlsFetch(…), or mtls_certificates`,
  )
}

/**
 * Finds the access point (接入点) that a URL belongs to. Nothing is signed for other hosts, because a signature proves the
 * merchant's consent to whoever receives it.
 *
 * @param url absolute, as normalized by `Request`
 * @param ownBaseUrl the client's `baseUrl`, the only one that may use plain HTTP
 * @returns the base URL with a trailing slash: an access point of the definitions, the standby, or the client's own,
 * each with the path prefix of some endpoints (`/hk/`)
 * @throws {CallError} `HOST_UNKNOWN`
 * @example
 * ```ts
 * accessPointOf('https://api.mch.weixin.qq.com/hk/v3/merchants/1', undefined) // 'https://api.mch.weixin.qq.com/hk/'
 * ```
 */
export function accessPointOf(url: string, ownBaseUrl: string | undefined): string {
  const known = [BASE_URL, STANDBY_URL, ...accessPoints.flatMap(point => Object.values(point) as string[])]
  if (ownBaseUrl) {
    // It replaces every access point, whose path prefixes are appended to it.
    const own = new URL(ownBaseUrl).href.replace(/\/$/, '')
    known.push(...known.map(base => own + new URL(base).pathname))
  }
  // All matches are prefixes of the URL, so the last one in order is the longest.
  const found = known
    .filter(base => url.startsWith(base))
    .sort()
    .at(-1)
  if (found) return found
  throw new CallError('HOST_UNKNOWN', 'url', `${new URL(url).origin} is not an access point. Set baseUrl`)
}
