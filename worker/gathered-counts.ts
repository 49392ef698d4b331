import { createCounters, type Increment } from '../src/gateway/metrics/counters.ts'

/** Milliseconds for which counts are gathered under load: Cloudflare charges more for a written row than for a call. */
const GATHER_PERIOD = 5_000
/**
 * Calls per second whose counts are written at once. A timer keeps the object in memory, which is charged for. It costs nothing
 * above this rate, about two payments per second, because the next call arrives before the object could hibernate.
 */
const MAX_IMMEDIATE_WRITES = 5
/** Calls remembered as counted: a caller repeats a call within seconds. */
const MAX_REMEMBERED_CALLS = 1_000

/** Holds a ledger's counts in memory until they are written. A restart loses the counts of the last seconds. */
export interface GatheredCounts {
  /** @param call its id: the counts of a repeated call are added only once */
  add(increments: readonly Increment[], call?: string): void
  /** Writes all gathered counts. */
  write(): Promise<void>
}

/**
 * Gathers counts under load: those of a {@link GATHER_PERIOD} are written together. Otherwise they are written at once, so that a
 * single payment leaves no timer behind and its object can hibernate.
 *
 * @param write adds increments to the sums
 */
export function gatherCounts(write: (increments: Increment[]) => Promise<void>): GatheredCounts {
  const counters = createCounters(write)
  const countedCalls = new Set<string>()
  let secondStart = Number.NEGATIVE_INFINITY
  let calls = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function isRepetition(call: string): boolean {
    if (countedCalls.has(call)) return true
    countedCalls.add(call)
    for (const oldest of countedCalls) {
      if (countedCalls.size <= MAX_REMEMBERED_CALLS) break
      countedCalls.delete(oldest)
    }
    return false
  }

  async function writeNow(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    await counters.flush()
  }

  return {
    add(increments, call) {
      if (increments.length === 0 || (call !== undefined && isRepetition(call))) return
      counters.add(increments)
      if (timer !== undefined) return
      if (Math.abs(Date.now() - secondStart) >= 1_000) {
        secondStart = Date.now()
        calls = 0
      }
      calls++
      if (calls > MAX_IMMEDIATE_WRITES) timer = setTimeout(writeNow, GATHER_PERIOD)
      else void writeNow()
    },
    write: writeNow,
  }
}
