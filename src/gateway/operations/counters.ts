import { BUCKETS, type MetricLabels, type MetricName } from './metrics.ts'

/** A counter that has grown. Those of a histogram are named `…_bucket` (with `le`) and `…_sum`. */
export interface Increment {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly by: number
}

type Labels<Name extends MetricName> = Readonly<Record<MetricLabels[Name], string>>

/** Counts what happens. Neither fails nor waits. */
export interface Counters {
  count<Name extends MetricName>(name: Name, labels: Labels<Name>, by?: number): void
  /** A duration, of a histogram. */
  observe<Name extends MetricName>(name: Name, labels: Labels<Name>, seconds: number): void
  /**
   * Hands on what was counted.
   *
   * @returns settles, and never rejects, when that is done or has failed; for `waitUntil`
   */
  flushed(): Promise<void>
}

/** Series that wait for a flush, at most: a ledger that is away for a day must not take all memory. */
const MOST_SERIES = 10_000

/**
 * Counters whose sums are kept elsewhere: isolates are many and short-lived. Each flush takes whatever was counted so far and
 * hands it on itself. None waits for a flush that another request has begun: on Workers that one ends unheard with its request.
 * A flush that fails keeps what it had for the next.
 *
 * @param flush adds the increments to the sums; each series stands in them once
 * @param gather is waited for before a flush, where it is given: what is counted meanwhile goes along, and of the flushes that
 * wait at the same time one hands on everything
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
  let gathered = new Map<string, Increment>()

  function add(name: string, labels: Increment['labels'], by: number): void {
    // What is no number would spoil the sum for good.
    if (!Number.isFinite(by)) return
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`
    const known = gathered.get(key)
    if (known || gathered.size < MOST_SERIES) gathered.set(key, { name, labels, by: (known?.by ?? 0) + by })
  }

  async function flushed(): Promise<void> {
    await gather?.()
    if (gathered.size === 0) return
    const taken = gathered
    gathered = new Map()
    try {
      await flush([...taken.values()])
    } catch {
      for (const { name, labels, by } of taken.values()) add(name, labels, by)
    }
  }

  return {
    count: (name, labels, by = 1) => add(name, labels, by),
    observe(name, labels, seconds) {
      // The one bucket that it falls into: whoever reads adds up those below. Two rows are written for it, and not a dozen.
      const bound = BUCKETS.find(one => seconds <= one)
      add(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, 1)
      add(`${name}_sum`, labels, seconds)
    },
    flushed,
  }
}
