import { safePathname } from './caps/allow.ts'

/**
 * Reports whether a path is an address for notifications. The rate limit for notifications applies before routing, so both must
 * interpret the path in the same way: as it was sent. {@link refuseAmbiguousPath} refuses other spellings.
 *
 * @param pathname of the URL, percent-encoded
 * @example
 * ```ts
 * isNotification('/notify/1900000109') // true
 * isNotification('/%6eotify/1900000109') // false: no such path is served
 * ```
 */
export const isNotification = (pathname: string): boolean => /^\/notify(?:\/|$)/.test(pathname)

/**
 * Refuses a path that the router would decode to another. The rest of a path under `/notify/` is chosen by the merchant and may have any
 * spelling.
 *
 * @param pathname of the URL, percent-encoded
 * @throws {Refusal} 400 `PATH_INVALID`
 */
export function refuseAmbiguousPath(pathname: string): void {
  if (!isNotification(pathname)) safePathname(pathname)
}
