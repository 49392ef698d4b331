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
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012075420
 * @example
 * ```ts
 * accessPointOf('https://api.mch.weixin.qq.com/hk/v3/merchants/1', undefined) // 'https://api.mch.weixin.qq.com/hk/'
 * ```
 */
export function accessPointOf(url: string, ownBaseUrl: string | undefined): string {
  const documented = accessPoints.flatMap(({ base = BASE_URL, alternative = BASE_URL }) => [base, alternative])
  const known = [BASE_URL, STANDBY_URL, ...documented]
  if (ownBaseUrl !== undefined) {
    // It stands for every access point, whose path prefixes follow its own.
    const own = new URL(ownBaseUrl).href.replace(/\/$/, '')
    known.push(...known.map(base => own + new URL(base).pathname))
  }
  const [found] = known.filter(base => url.startsWith(base)).sort((one, other) => other.length - one.length)
  if (found !== undefined) return found
  throw new CallError(
    'HOST_UNKNOWN',
    'url',
    `${new URL(url).origin} is no access point (接入点) of WeChat Pay, and nothing is signed for it. A simulator or a proxy goes into the option baseUrl`,
  )
}
