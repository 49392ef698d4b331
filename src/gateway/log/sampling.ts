/** Milliseconds. */
const INTERVAL = 1_000

/**
 * Selects one event per kind and second, for log lines that anybody can cause.
 *
 * @param now milliseconds
 * @returns a function that returns how many events this one represents: itself and those skipped since the last; undefined if it is
 * skipped
 * @example
 * ```ts
 * const sample = createSampler(Date.now)
 * const count = sample('forged')
 * if (count !== undefined) log.warn('notification refused', { count })
 * ```
 */
export function createSampler(now: () => number): (kind: string) => number | undefined {
  const kinds = new Map<string, { selectedAt: number; skipped: number }>()
  return kind => {
    const at = now()
    const last = kinds.get(kind)
    // Absolute, because the clock may be set back.
    if (last && Math.abs(at - last.selectedAt) < INTERVAL) {
      last.skipped++
      return undefined
    }
    kinds.set(kind, { selectedAt: at, skipped: 0 })
    return 1 + (last?.skipped ?? 0)
  }
}
