/**
 * Milliseconds for which a wait counts. Cloudflare ends an invocation 30 s after its client has left; a wait that it has begun
 * never settles.
 */
const MAX_AGE = 30_000

/**
 * Bounds how many wait for something at once: each keeps a request and its headers in memory.
 *
 * @param most how many may wait
 * @param now milliseconds of a clock that is never set
 * @returns waits; undefined when the bound is reached, and then nothing is begun
 * @example
 * ```ts
 * const admit = boundWaits(250)
 * const certificates = admit(() => download())
 * if (!certificates) throw new Error('Too many wait for the certificates.')
 * ```
 */
export function boundWaits(
  most: number,
  now: () => number = () => performance.now(),
): <T>(wait: () => Promise<T>) => Promise<T> | undefined {
  /** In the order in which they began. */
  const waits = new Set<{ readonly since: number }>()
  return begin => {
    for (const wait of waits) {
      if (now() - wait.since < MAX_AGE) break
      waits.delete(wait)
    }
    if (waits.size >= most) return undefined
    const wait = { since: now() }
    waits.add(wait)
    return begin().finally(() => waits.delete(wait))
  }
}
