import { isLoopback } from '../../core/base/local-host.ts'

/**
 * The cookie of a console at an https address. Browsers accept the prefix only with `Secure`, without `Domain` and for the path `/`, so
 * that no other host of the domain can set it.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
const SECURE_NAME = '__Host-wechatpay-edge-session'
/** The cookie at a local address over http. Browsers send it to all ports of the host, so it has the port in its name. */
const LOCAL_NAME = 'wechatpay-edge-session-'
/** Path of the pages that a session opens. At an http address the cookie is sent to no others. */
export const SESSION_SCOPE = '/admin'
/** The value of a cookie: version, caller, seconds since 1970, id, and what authenticates them. */
export const SESSION_VALUE: RegExp = /^(1\.([\w-]{1,400})\.(\d{10,11})\.([\w-]{22}))\.([\w-]{43})$/
/**
 * Cookies that are verified, each by a computation of microseconds. Another port of a local address may have set some, which browsers
 * send first if their path is longer.
 */
const MAX_COOKIES = 16
/** Paths at which another port can set a cookie that browsers send to {@link SESSION_SCOPE}, besides this path itself. */
const STRANGE_PATHS = ['/', '/admin/', '/admin/session'] as const

/** Returns whether a page at this address must be reached over https before it may have a session. */
export const needsHttps = (origin: string): boolean => {
  const { protocol, hostname } = new URL(origin)
  // Browsers resolve the subdomains of localhost themselves (RFC 6761).
  return protocol !== 'https:' && !isLoopback(hostname) && !hostname.endsWith('.localhost')
}

/**
 * Writes `Set-Cookie` for a session.
 *
 * @param origin of the page that signs in, as its browser names it: behind a proxy, the URL of the request has another
 * @param maxAge seconds; 0 deletes the cookie
 */
export function writeSessionCookie(origin: string, value: string, maxAge: number): string {
  const { protocol, port } = new URL(origin)
  const common = `HttpOnly; SameSite=Strict; Max-Age=${maxAge}`
  return protocol === 'https:'
    ? `${SECURE_NAME}=${value}; Path=/; Secure; ${common}`
    : `${LOCAL_NAME}${port || '80'}=${value}; Path=${SESSION_SCOPE}; ${common}`
}

/**
 * Writes `Set-Cookie` that deletes the cookies which another port of a local address may have set under the name of the session's, at
 * other paths. Writes nothing if the request has no cookie of that name.
 */
export function expireStrangeCookies(origin: string, headers: Headers): readonly string[] {
  const { protocol, port } = new URL(origin)
  const name = `${LOCAL_NAME}${port || '80'}`
  if (protocol === 'https:' || pairsOf(headers).every(pair => pair[0] !== name)) return []
  return STRANGE_PATHS.map(path => `${name}=; Path=${path}; HttpOnly; SameSite=Strict; Max-Age=0`)
}

/**
 * Reads what may be sessions among the cookies of a request, those of https addresses first.
 *
 * @param publicUrl the address of the gateway in browsers, which a proxy may have replaced in the request
 */
export function readSessionCookies(
  { headers, url }: Pick<Request, 'headers' | 'url'>,
  publicUrl?: string,
): readonly string[] {
  const pairs = pairsOf(headers)
  const ports = [url, publicUrl ?? url].map(text => new URL(text).port || '80')
  const names = new Set([SECURE_NAME, ...ports.map(port => `${LOCAL_NAME}${port}`)])
  return [...names]
    .flatMap(name => pairs.filter(pair => pair[0] === name).map(([, value = '']) => value))
    .filter(value => SESSION_VALUE.test(value))
    .slice(0, MAX_COOKIES)
}

const pairsOf = (headers: Headers): readonly [string, string?][] =>
  (headers.get('cookie') ?? '').split(';').map(pair => pair.trim().split('=', 2) as [string, string?])
