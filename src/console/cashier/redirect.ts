/** The site to which the browser returns, and whether it may. */
export interface Redirect {
  readonly url: URL
  readonly isAllowed: boolean
}

const LOCAL =
  /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|10(?:\.\d+){3}|192\.168(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}|\[::1\])$/

/**
 * Reads `redirect_url`. WeChat Pay accepts only the domains that a merchant has registered, and compares the page's with them by its
 * `Referer`. The simulator knows no such list: it returns to the site that opened the cashier, and to addresses of the developer's own
 * network, but to no other site, so that it is no open redirect.
 *
 * @returns undefined if there is none, or if it is no web address
 */
export function redirectOf(redirect_url: string | null, referrer: string): Redirect | undefined {
  if (redirect_url === null || !URL.canParse(redirect_url)) return undefined
  const url = new URL(redirect_url)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  const isSameSite = URL.canParse(referrer) && new URL(referrer).host === url.host
  return { url, isAllowed: isSameSite || LOCAL.test(url.hostname) }
}
