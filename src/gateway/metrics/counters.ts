import type { Increment } from '../store/counts.ts'
import { BUCKETS, type MetricLabels, type MetricName } from './metrics.ts'

/** A counter that has grown. Those of a histogram are named `…_bucket` (with `le`) and `…_sum`. */
export type { Increment }

type Labels<Name extends MetricName> = Readonly<Record<MetricLabels[Name], string>>

/** Counts what happens. Neither fails nor waits. */
export interface Counters {
  count<Name extends MetricName>(name: Name, labels: Labels<Name>, by?: number): void
  /** A duration, of a histogram. */
  observe<Name extends MetricName>(name: Name, labels: Labels<Name>, seconds: number): void
  add(increments: readonly Increment[]): void
  /**
   * Hands on what was counted.
   *
   * @returns settles, and never rejects, when that is done or has failed
   */
  flushed(): Promise<void>
  /** The same, after it has waited for more to come; for `waitUntil`. */
  gathered(): Promise<void>
}

/** Series that wait for a flush, at most: a ledger that is away for a day must not take all memory. */
const MAX_SERIES = 10_000

/**
 * Counters whose sums are kept elsewhere: isolates are many and short-lived. Each flush takes whatever was counted so far and
 * hands it on itself. None waits for a flush that another request has begun: on Workers that one ends unheard with its request.
 * A flush that fails keeps what it had for the next.
 *
 * @param flush adds the increments to the sums; each series stands in them once
 * @param gather is waited for by `gathered`: what is counted meanwhile goes along, and of those that wait at the same time one
 * hands on everything
 * @example
 * ```ts
 * const counters = createCounters(increments => ledger.add(increments))
 * counters.count('wechatpay_edge_refused_total', { code: 'FORBIDDEN' })
 * context.waitUntil(counters.flushed())
 * ```
 */
export function createCounters(
  flush: (increments: Increment[]) => Promise<void>,
  gather?: () => Promise<unknown>,
): Counters {
  let waiting = new Map<string, Increment>()

  function addOne({ name, labels, by }: Increment): void {
    // What is no number would spoil the sum for good.
    if (!Number.isFinite(by)) return
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`
    const known = waiting.get(key)
    if (known || waiting.size < MAX_SERIES) waiting.set(key, { name, labels, by: (known?.by ?? 0) + by })
  }

  async function flushed(): Promise<void> {
    if (waiting.size === 0) return
    const taken = waiting
    waiting = new Map()
    try {
      await flush([...taken.values()])
    } catch {
      add([...taken.values()])
    }
  }

  const add = (increments: readonly Increment[]): void => increments.forEach(addOne)

  return {
    count: (name, labels, by = 1) => addOne(countOf(name, labels, by)),
    observe: (name, labels, seconds) => add(durationOf(name, labels, seconds)),
    add,
    flushed,
    async gathered() {
      if (waiting.size === 0) return
      await gather?.()
      await flushed()
    },
  }
}

/** Returns how a counter grows. */
export const countOf = <Name extends MetricName>(name: Name, labels: Labels<Name>, by = 1): Increment => ({
  name,
  labels,
  by,
})

/** Returns how the counters of a histogram grow by a duration. */
export function durationOf<Name extends MetricName>(name: Name, labels: Labels<Name>, seconds: number): Increment[] {
  // The one bucket that it falls into: whoever reads adds up those below. Two rows are written for it, and not a dozen.
  const bound = BUCKETS.find(one => seconds <= one)
  return [
    { name: `${name}_bucket`, labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, by: 1 },
    { name: `${name}_sum`, labels, by: seconds },
  ]
}
