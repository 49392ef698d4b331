import { MINUTE } from '../../core/base/time.ts'
import type { SampleRow, SampleTotals } from '../store/samples.ts'
import { BUCKETS } from './metrics.ts'
import { CAPPED_PREFIX, DURATION_PREFIX } from './sample.ts'

/** The counts between two samples, per minute, and the depths of the queues at the end. */
export interface ThroughputPoint {
  /** Time of the later sample, milliseconds since 1970. */
  readonly at: number
  readonly calls: { readonly ok: number; readonly failed: number }
  readonly notifications: { readonly recorded: number; readonly repeated: number; readonly refused: number }
  readonly deliveries: { readonly delivered: number; readonly failed: number; readonly dead: number }
  /** Duration of calls, seconds, estimated from the buckets of the histogram; null without calls. */
  readonly callSeconds: { readonly p50: number; readonly p95: number } | null
  /** Deliveries of all merchants. */
  readonly pending: number
  readonly dead: number
  /** Whether there are at least as many, because those of a merchant are counted up to a maximum. */
  readonly isAtLeast: { readonly pending: boolean; readonly dead: boolean }
  readonly oldestPendingSeconds: number
}

/** Milliseconds between two samples at least: one call within 100 ms is not 600 calls per minute. */
const MIN_INTERVAL = MINUTE / 2

/**
 * Computes the counts between samples, per minute. A sample that follows another one sooner than in half a minute is left out, so that its
 * interval becomes part of the next; the last one takes the place of the one before it. The first stays, because counts begin from it.
 *
 * @param samples the oldest first
 */
export function throughputOf(samples: readonly SampleRow[]): ThroughputPoint[] {
  const kept = samples.slice(0, 1)
  for (const [index, sample] of samples.entries()) {
    const elapsed = sample.at - kept.at(-1)!.at
    if (elapsed >= MIN_INTERVAL) kept.push(sample)
    else if (index === samples.length - 1 && elapsed >= 0 && kept.length > 1) kept[kept.length - 1] = sample
  }
  return kept.slice(1).map((sample, index) => {
    const before = kept[index]!
    return pointOf(sample, before.totals, (sample.at - before.at) / MINUTE)
  })
}

function pointOf({ at, totals }: SampleRow, before: SampleTotals, minutes: number): ThroughputPoint {
  // A sum falls if a ledger was replaced.
  const increase = (name: string): number => Math.max(0, (totals[name] ?? 0) - (before[name] ?? 0))
  const rate = (name: string): number => increase(name) / minutes
  const isCapped = (name: string): boolean => (totals[CAPPED_PREFIX + name] ?? 0) > 0
  const buckets = [...BUCKETS, Number.POSITIVE_INFINITY].map(bound => ({
    bound,
    count: increase(`${DURATION_PREFIX}${bound === Number.POSITIVE_INFINITY ? '+Inf' : bound}`),
  }))
  return {
    at,
    calls: { ok: rate('calls.ok'), failed: rate('calls.failed') },
    notifications: {
      recorded: rate('notifications.recorded'),
      repeated: rate('notifications.repeated'),
      refused: rate('notifications.refused'),
    },
    deliveries: {
      delivered: rate('deliveries.delivered'),
      failed: rate('deliveries.failed'),
      dead: rate('deliveries.dead'),
    },
    callSeconds: buckets.some(({ count }) => count > 0)
      ? { p50: quantileOf(buckets, 0.5), p95: quantileOf(buckets, 0.95) }
      : null,
    pending: totals.pending ?? 0,
    dead: totals.dead ?? 0,
    isAtLeast: { pending: isCapped('pending'), dead: isCapped('dead') },
    oldestPendingSeconds: totals.oldestPendingSeconds ?? 0,
  }
}

/**
 * Estimates a quantile as Prometheus' `histogram_quantile` does: evenly spread within a bucket, and the highest finite bound for what
 * lies beyond it.
 *
 * @param buckets by their upper bounds, with the count of each alone
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantileOf(
  buckets: readonly { readonly bound: number; readonly count: number }[],
  quantile: number,
): number {
  const all = buckets.reduce((sum, { count }) => sum + count, 0)
  const rank = quantile * all
  let below = 0
  let lower = 0
  for (const { bound, count } of buckets) {
    if (bound === Number.POSITIVE_INFINITY) break
    if (count > 0 && below + count >= rank) return lower + (bound - lower) * ((rank - below) / count)
    below += count
    lower = bound
  }
  return lower
}
