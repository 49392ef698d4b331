import { createCounters, type Increment } from '../src/gateway/metrics/counters.ts'

/** Milliseconds for which counts are gathered where calls come densely: a row that is written costs more than a call. */
const GATHER = 5_000
/**
 * Calls that count something within a second, and are written at once. A timer keeps an object in memory and paid for; only where
 * more calls come than these, about two payments a second, the next one comes before the object could rest.
 */
const SPARSE = 5
/** Calls whose counts are known to be counted: a caller repeats one within seconds. */
const KNOWN_CALLS = 1_000

/** Counts of a ledger in memory, until they are written. An object that is restarted loses those of its last seconds. */
export interface GatheredCounts {
  /** @param call its id: what a call counts is counted once, however often the call is repeated */
  add(increments: readonly Increment[], call?: string): void
  /** Writes what has been gathered. */
  write(): Promise<void>
}

/**
 * Gathers counts where calls come densely: what comes within {@link GATHER} is written together. Elsewhere they are written at
 * once, so that a payment leaves no timer behind, and its object may hibernate.
 *
 * @param write adds increments to the sums
 */
export function gatherCounts(write: (increments: Increment[]) => Promise<void>): GatheredCounts {
  const counters = createCounters(write)
  const known = new Set<string>()
  let second = Number.NEGATIVE_INFINITY
  let calls = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function isKnown(call: string): boolean {
    if (known.has(call)) return true
    known.add(call)
    for (const oldest of known) {
      if (known.size <= KNOWN_CALLS) break
      known.delete(oldest)
    }
    return false
  }

  async function writeNow(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    await counters.flushed()
  }

  return {
    add(increments, call) {
      if (increments.length === 0 || (call !== undefined && isKnown(call))) return
      counters.add(increments)
      if (timer !== undefined) return
      if (Math.abs(Date.now() - second) >= 1_000) {
        second = Date.now()
        calls = 0
      }
      calls++
      if (calls > SPARSE) timer = setTimeout(writeNow, GATHER)
      else void writeNow()
    },
    write: writeNow,
  }
}
