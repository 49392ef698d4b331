const SECOND = 1000
const FIRST_WAIT = 5 * SECOND
const MAX_WAIT = 24 * 60 * 60 * SECOND
const JITTER = 0.2

/**
 * How many attempts a delivery gets. Between the first and the last lie 4 days, 13 h 40 min (109 h 40 min); by lot no less
 * than 3 days, 15 h 44 min, and no more than 5 days, 11 h 36 min. An endpoint that is down over a weekend misses nothing.
 */
export const MAX_ATTEMPTS = 14

/**
 * How long to wait after an attempt that failed, for the next one: three times as long each time, a day at most, and of that
 * up to a fifth more or less by lot, so that not all that failed together comes back together.
 *
 * | after attempt | wait | since the first |
 * | --: | --: | --: |
 * | 1 | 5 s | 5 s |
 * | 2 | 15 s | 20 s |
 * | 3 | 45 s | 1 min 5 s |
 * | 4 | 2 min 15 s | 3 min 20 s |
 * | 5 | 6 min 45 s | 10 min 5 s |
 * | 6 | 20 min 15 s | 30 min 20 s |
 * | 7 | 1 h 0 min 45 s | 1 h 31 min 5 s |
 * | 8 | 3 h 2 min 15 s | 4 h 33 min 20 s |
 * | 9 | 9 h 6 min 45 s | 13 h 40 min 5 s |
 * | 10 to 13 | 24 h | 37, 61, 85, 109 h 40 min 5 s |
 *
 * @param attempt the one that failed: 1 is the first
 * @param random between 0 and 1
 * @returns milliseconds
 * @example
 * ```ts
 * delayOf(1, () => 0.5) // 5000
 * ```
 */
export function delayOf(attempt: number, random: () => number = Math.random): number {
  const even = Math.min(FIRST_WAIT * 3 ** (attempt - 1), MAX_WAIT)
  return Math.round(even * (1 - JITTER + 2 * JITTER * random()))
}
