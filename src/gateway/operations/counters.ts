import type { Increment } from '../ledger/counts.ts'
import { BUCKETS, type MetricName } from './metrics.ts'

type Labels = Readonly<Record<string, string>>

/** Counts what happens. Never fails, never waits. */
export interface Counters {
  count(name: MetricName, labels?: Labels, by?: number): void
  /** A duration, of a histogram. */
  observe(name: MetricName, labels: Labels, seconds: number): void
  /** When what was counted so far has been handed on, or has failed to be. */
  flushed(): Promise<void>
}

/**
 * Counters whose sums are kept elsewhere: isolates are many and short-lived. What is counted while a flush is on its way goes
 * with the next; a flush that fails keeps what it had.
 */
export function createCounters(flush: (increments: Increment[]) => Promise<void>): Counters {
  let gathered = new Map<string, { name: string; labels: Labels; by: number }>()
  let flushing: Promise<void> | undefined

  function add(name: string, labels: Labels, by: number): void {
    const key = name + JSON.stringify(labels)
    const known = gathered.get(key)
    if (known) known.by += by
    else gathered.set(key, { name, labels, by })
  }

  async function flushAll(): Promise<void> {
    while (gathered.size > 0) {
      const sent = gathered
      gathered = new Map()
      try {
        await flush([...sent.values()])
      } catch {
        for (const { name, labels, by } of sent.values()) add(name, labels, by)
        return
      }
    }
  }

  return {
    count: (name, labels = {}, by = 1) => add(name, labels, by),
    observe(name, labels, seconds) {
      for (const bound of BUCKETS) add(`${name}_bucket`, { ...labels, le: String(bound) }, seconds <= bound ? 1 : 0)
      add(`${name}_bucket`, { ...labels, le: '+Inf' }, 1)
      add(`${name}_sum`, labels, seconds)
      add(`${name}_count`, labels, 1)
    },
    flushed() {
      flushing ??= flushAll().finally(() => {
        flushing = undefined
      })
      return flushing
    },
  }
}
