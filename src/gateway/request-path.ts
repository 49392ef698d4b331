import { safePathname } from './caps/allow.ts'

/**
 * Tells whether a path is an address for notifications. The limit of notifications is applied before anything is routed, so both
 * must read the path in the same way: as it was sent. {@link refuseAmbiguousPath} refuses any other spelling.
 *
 * @param pathname as the URL has it, percent-encoded
 * @example
 * ```ts
 * isNotification('/notify/1900000109') // true
 * isNotification('/%6eotify/1900000109') // false: no such path is served
 * ```
 */
export const isNotification = (pathname: string): boolean => /^\/notify(?:\/|$)/.test(pathname)

/**
 * Refuses a path that the router would decode to another. Below `/notify/` the rest is the merchant's own, in whatever spelling: WeChat
 * Pay posts to it as it was given.
 *
 * @param pathname as the URL has it, percent-encoded
 * @throws {Refusal} 400 `PATH_INVALID`
 */
export function refuseAmbiguousPath(pathname: string): void {
  if (!isNotification(pathname)) safePathname(pathname)
}
