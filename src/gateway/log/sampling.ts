/** Milliseconds. */
const INTERVAL = 1_000

/**
 * Takes one of a kind per second, for log lines that anybody can cause.
 *
 * @param now milliseconds
 * @returns how many of the kind this one stands for: itself and those that were not taken since the last; undefined: not taken
 * @example
 * ```ts
 * const sample = createSampler(Date.now)
 * const count = sample('forged')
 * if (count !== undefined) log.warn('notification refused', { count })
 * ```
 */
export function createSampler(now: () => number): (kind: string) => number | undefined {
  const kinds = new Map<string, { takenAt: number; skipped: number }>()
  return kind => {
    const at = now()
    const known = kinds.get(kind)
    // A clock may be set back.
    if (known && Math.abs(at - known.takenAt) < INTERVAL) {
      known.skipped++
      return undefined
    }
    kinds.set(kind, { takenAt: at, skipped: 0 })
    return 1 + (known?.skipped ?? 0)
  }
}
