import { SECOND } from '../../core/base/time.ts'

const FIRST_WAIT = 5 * SECOND
const MAX_WAIT = 24 * 60 * 60 * SECOND
const JITTER = 0.2
/** The longest delay before an attempt, ms. */
export const MAX_RETRY_DELAY: number = Math.round(MAX_WAIT * (1 + JITTER))

/**
 * Attempts of a delivery. The last one comes 4 days and 13 h 40 min (109 h 40 min) after the first; with jitter, at least 3 days and
 * 15 h 44 min, and at most 5 days and 11 h 36 min. An endpoint that is down over a weekend misses nothing.
 */
export const MAX_ATTEMPTS = 14

/**
 * Returns the delay before the next attempt. It triples with each failed attempt, up to a day, with a jitter of up to a fifth, so that
 * deliveries which failed at the same time are not repeated at the same time.
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
 * @param attempt the number of the failed attempt, from 1
 * @param random between 0 and 1
 * @returns milliseconds
 * @example
 * ```ts
 * retryDelayOf(1, () => 0.5) // 5000
 * ```
 */
export function retryDelayOf(attempt: number, random: () => number = Math.random): number {
  const mean = Math.min(FIRST_WAIT * 3 ** (attempt - 1), MAX_WAIT)
  return Math.round(mean * (1 - JITTER + 2 * JITTER * random()))
}
