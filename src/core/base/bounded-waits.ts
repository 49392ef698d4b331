/**
 * Milliseconds for which a wait counts. Cloudflare ends an invocation 30 s after its client has disconnected, and a wait that it has
 * begun never settles.
 */
const MAX_AGE = 30_000

/**
 * Limits how many callers wait for something at once, because each keeps a request and its headers in memory.
 *
 * @param limit the maximum number of waits
 * @param now returns milliseconds of a monotonic clock
 * @returns a function that starts a wait, or returns undefined without starting it when the limit is reached
 * @example
 * ```ts
 * const admit = boundWaits(250)
 * const certificates = admit(() => download())
 * if (!certificates) throw new Error('Too many requests wait for the certificates.')
 * ```
 */
export function boundWaits(
  limit: number,
  now: () => number = () => performance.now(),
): <T>(wait: () => Promise<T>) => Promise<T> | undefined {
  /** The waits in the order in which they began. */
  const waits = new Set<{ readonly since: number }>()
  return begin => {
    for (const wait of waits) {
      if (now() - wait.since < MAX_AGE) break
      waits.delete(wait)
    }
    if (waits.size >= limit) return undefined
    const wait = { since: now() }
    waits.add(wait)
    return begin().finally(() => waits.delete(wait))
  }
}
