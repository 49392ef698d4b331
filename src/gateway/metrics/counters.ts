import type { Increment } from '../store/counts.ts'
import { BUCKETS, type MetricLabels, type MetricName } from './metrics.ts'

/** An increment of a counter. The counters of a histogram are named `…_bucket` (with `le`) and `…_sum`. */
export type { Increment }

type Labels<Name extends MetricName> = Readonly<Record<MetricLabels[Name], string>>

/** Gathers increments of counters in memory. Its methods never fail. */
export interface Counters {
  count<Name extends MetricName>(name: Name, labels: Labels<Name>, by?: number): void
  /** Counts a duration in a histogram. */
  observe<Name extends MetricName>(name: Name, labels: Labels<Name>, seconds: number): void
  add(increments: readonly Increment[]): void
  /**
   * Flushes the gathered increments.
   *
   * @returns a promise that resolves when the flush has succeeded or failed, and never rejects
   */
  flush(): Promise<void>
  /**
   * Waits for more increments, and then flushes them together.
   *
   * @returns a promise for `waitUntil`; undefined if no increment waits
   */
  gatherAndFlush(): Promise<void> | undefined
  /** Does the same once for all requests, in a process that does not end with a request. */
  flushSoon(): void
}

/** Maximum number of series that wait for a flush, which bounds the memory while the ledger is unreachable. */
const MAX_SERIES = 10_000

/**
 * Creates counters whose sums are kept elsewhere, because isolates are many and short-lived. Each flush takes all increments gathered
 * so far. It never waits for a flush of another request, because on Workers that one ends silently with its request. The increments of
 * a failed flush are kept for the next.
 *
 * @param write adds the increments to the sums; each series occurs in them once
 * @param gather waits for more increments, for {@link Counters.gatherAndFlush} and {@link Counters.flushSoon}. Must not reject
 * @example
 * ```ts
 * const counters = createCounters(increments => ledger.add(increments))
 * counters.count('wechatpay_edge_refused_total', { code: 'FORBIDDEN' })
 * context.waitUntil(counters.flush())
 * ```
 */
export function createCounters(
  write: (increments: Increment[]) => Promise<void>,
  gather?: () => Promise<unknown>,
): Counters {
  let waiting = new Map<string, Increment>()

  function addIncrement({ name, labels, by }: Increment): void {
    // NaN would corrupt the sum permanently.
    if (!Number.isFinite(by)) return
    const key = keyOf(name, labels)
    const existing = waiting.get(key)
    if (existing || waiting.size < MAX_SERIES) waiting.set(key, { name, labels, by: (existing?.by ?? 0) + by })
  }

  async function flush(): Promise<void> {
    if (waiting.size === 0) return
    const increments = [...waiting.values()]
    waiting = new Map()
    try {
      await write(increments)
    } catch {
      add(increments)
    }
  }

  const add = (increments: readonly Increment[]): void => increments.forEach(addIncrement)

  async function flushGathered(): Promise<void> {
    await gather?.()
    await flush()
  }

  let isGathering = false
  async function flushLater(): Promise<void> {
    isGathering = true
    await gather?.()
    isGathering = false
    await flush()
  }

  return {
    count: (name, labels, by = 1) => addIncrement(countOf(name, labels, by)),
    observe: (name, labels, seconds) => add(durationOf(name, labels, seconds)),
    add,
    flush,
    gatherAndFlush: () => (waiting.size === 0 ? undefined : flushGathered()),
    flushSoon() {
      if (!isGathering && waiting.size > 0) void flushLater()
    },
  }
}

/** Returns a text that only increments of one series have, in whatever order they have its labels. */
function keyOf(name: string, labels: Increment['labels']): string {
  let key = name
  for (const label of Object.keys(labels).sort()) key += ` ${label}=${JSON.stringify(labels[label])}`
  return key
}

/** Creates an increment of a counter. */
export const countOf = <Name extends MetricName>(name: Name, labels: Labels<Name>, by = 1): Increment => ({
  name,
  labels,
  by,
})

/** Creates the increments of a histogram for a duration. */
export function durationOf<Name extends MetricName>(name: Name, labels: Labels<Name>, seconds: number): Increment[] {
  // Only the lowest matching bucket is counted, to write two rows and not a dozen; the metrics page makes the counts cumulative.
  const bound = BUCKETS.find(upperBound => seconds <= upperBound)
  return [
    { name: `${name}_bucket`, labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, by: 1 },
    { name: `${name}_sum`, labels, by: seconds },
  ]
}
