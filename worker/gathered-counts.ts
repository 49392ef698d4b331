import { createCounters, type Increment } from '../src/gateway/metrics/counters.ts'

/** Milliseconds between two times at which counts are written. A row that is written costs more than the call that brings it. */
const WRITE_EVERY = 5_000
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
 * Gathers counts: the first after a quiet time is written at once, and what comes within the next {@link WRITE_EVERY} is written
 * together. So a single payment leaves no timer behind, which would keep its object in memory and paid for.
 *
 * @param write adds increments to the sums
 */
export function gatherCounts(write: (increments: Increment[]) => Promise<void>): GatheredCounts {
  const counters = createCounters(write)
  const known = new Set<string>()
  let writtenAt = Number.NEGATIVE_INFINITY
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
    writtenAt = Date.now()
    await counters.flushed()
  }

  return {
    add(increments, call) {
      if (increments.length === 0 || (call !== undefined && isKnown(call))) return
      counters.add(increments)
      if (timer !== undefined) return
      const wait = Math.min(writtenAt + WRITE_EVERY - Date.now(), WRITE_EVERY)
      if (wait > 0) timer = setTimeout(writeNow, wait)
      else void writeNow()
    },
    write: writeNow,
  }
}
