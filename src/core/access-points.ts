import { accessPoints } from './endpoints/generated/traits.ts'
import { CallError } from './errors.ts'
import { BASE_URL, STANDBY_URL } from './transport.ts'

/**
 * Finds the access point (接入点) that a URL lies at, so that nothing is signed for any other host: a signature is proof of
 * the merchant's consent for whoever receives it.
 *
 * @param url whole, as `Request` has normalized it
 * @param ownBaseUrl the client's `baseUrl`, which alone may be plain HTTP
 * @returns the base URL with a slash at its end: an access point of the definitions, the standby, or the client's own, each
 * with the path prefix that some endpoints have (`/hk/`)
 * @throws {CallError} `HOST_UNKNOWN`
 * @example
 * ```ts
 * accessPointOf('https://api.mch.weixin.qq.com/hk/v3/merchants/1', undefined) // 'https://api.mch.weixin.qq.com/hk/'
 * ```
 */
export function accessPointOf(url: string, ownBaseUrl: string | undefined): string {
  const known = [BASE_URL, STANDBY_URL, ...accessPoints.flatMap(point => Object.values(point) as string[])]
  if (ownBaseUrl) {
    // It stands for every access point, whose path prefixes follow its own.
    const own = new URL(ownBaseUrl).href.replace(/\/$/, '')
    known.push(...known.map(base => own + new URL(base).pathname))
  }
  // All of them begin the URL, so that the longest is the last.
  const found = known
    .filter(base => url.startsWith(base))
    .sort()
    .at(-1)
  if (found) return found
  throw new CallError('HOST_UNKNOWN', 'url', `${new URL(url).origin} is no access point. Set baseUrl`)
}
