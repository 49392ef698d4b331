/**
 * Tells whether a page of another site made a browser send a request. `Sec-Fetch-Site` says so where the browser sends it (to
 * HTTPS and to this machine); otherwise `Origin` does, which browsers send with every POST. No page can write either header.
 *
 * @param ownOrigins where pages of this server are besides the request's own host: behind a proxy that rewrites `Host`
 * @returns the header that says so; undefined for this server's own pages, for what somebody typed, and for what is no browser
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 * @example
 * ```ts
 * crossSiteHeader(new Request(url, { headers: { 'sec-fetch-site': 'cross-site' } })) // 'Sec-Fetch-Site'
 * ```
 */
export function crossSiteHeader(
  { headers, url }: Request,
  ownOrigins: readonly string[] = [],
): 'Sec-Fetch-Site' | 'Origin' | undefined {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none' ? undefined : 'Sec-Fetch-Site'
  const origin = headers.get('origin')
  if (origin === null || ownOrigins.includes(origin)) return undefined
  // A proxy may have ended TLS: the host decides, not the scheme.
  return URL.canParse(origin) && new URL(origin).host === new URL(url).host ? undefined : 'Origin'
}

/** Tells whether somebody follows a link in a window of its own: no script, no image, no frame, so the other site sees nothing. */
export const isNavigation = ({ method, headers }: Request): boolean =>
  method === 'GET' && headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document'

/**
 * Tells JSON by its content type. A page of another site cannot send one of these without asking first (a CORS preflight);
 * `text/plain`, forms, and no type at all it can.
 *
 * @example
 * ```ts
 * isJsonType('application/json; charset=utf-8') // true
 * isJsonType('text/plain') // false
 * ```
 */
export const isJsonType = (type: string | null): boolean =>
  type !== null && /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)
