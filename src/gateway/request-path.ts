import { safePathname } from './caps/allow.ts'

/**
 * Returns whether a path is an address for notifications. The rate limit for notifications applies before routing, so both must
 * interpret the path in the same way: as it was sent. {@link unambiguousPath} refuses other spellings.
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
 * Reads the path of a request, and refuses one that the router would decode to another. The rest of a path under `/notify/` is chosen by the
 * merchant and may have any spelling.
 *
 * @param pathname of the URL, percent-encoded
 * @returns the path, except for notifications without a slash at its end
 * @throws {Refusal} 400 `PATH_INVALID`
 */
export const unambiguousPath = (pathname: string): string =>
  isNotification(pathname) ? pathname : safePathname(pathname)
