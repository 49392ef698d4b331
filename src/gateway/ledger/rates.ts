import type { Rate } from '../caller/caller.ts'

export interface Rates {
  /** Lets a call pass, or tells how many milliseconds to wait. */
  take(caller: string, rate: Rate): number
}

/**
 * Token buckets, in memory: a ledger that was away gives a full one, and so errs to the caller's good by one bucketful.
 *
 * @see https://en.wikipedia.org/wiki/Token_bucket
 */
export function createRates(now: () => number): Rates {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take(caller, { most, seconds }) {
      const perMs = most / (seconds * 1000)
      const { tokens, at } = buckets.get(caller) ?? { tokens: most, at: now() }
      const filled = Math.min(most, tokens + Math.max(0, now() - at) * perMs)
      const left = filled >= 1 ? filled - 1 : filled
      buckets.set(caller, { tokens: left, at: now() })
      return filled >= 1 ? 0 : Math.ceil((1 - filled) / perMs)
    },
  }
}
