/**
 * Checks whether a page of another site made a browser send a request. Browsers send `Sec-Fetch-Site` to HTTPS and to
 * this machine, and `Origin` with every POST. Pages cannot set either header.
 *
 * @param ownOrigins origins of this server's pages besides the request's own host: behind a proxy that rewrites `Host`
 * @returns the header that proves it; undefined for this server's own pages, typed addresses, and clients other than
 * browsers
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 * @example
 * ```ts
 * crossSiteHeader(new Request(url, { headers: { 'sec-fetch-site': 'cross-site' } })) // 'Sec-Fetch-Site'
 * ```
 */
export function crossSiteHeader(
  { headers, url }: Pick<Request, 'headers' | 'url'>,
  ownOrigins: readonly string[] = [],
): 'Sec-Fetch-Site' | 'Origin' | undefined {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none' ? undefined : 'Sec-Fetch-Site'
  const origin = headers.get('origin')
  if (origin === null || ownOrigins.includes(origin)) return undefined
  // A proxy may have terminated TLS, so the host decides and not the scheme.
  return URL.canParse(origin) && new URL(origin).host === new URL(url).host ? undefined : 'Origin'
}

/** Returns whether a user follows a link to a top-level page, whose content the other site cannot see. */
export const isNavigation = ({ method, headers }: Request): boolean =>
  method === 'GET' && headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document'

/**
 * Returns whether a content type is JSON. A page of another site cannot send one without a CORS preflight; it can send
 * `text/plain`, forms, and bodies without a type.
 *
 * @example
 * ```ts
 * isJsonType('application/json; charset=utf-8') // true
 * isJsonType('text/plain') // false
 * ```
 */
export const isJsonType = (type: string | null): boolean =>
  type !== null && /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)
