import { createCounters, type Increment } from '../src/gateway/metrics/counters.ts'
import type { LedgerStore } from '../src/gateway/store/ledger.ts'
import type { Commit } from '../src/storage/group-commit.ts'

/** Milliseconds for which counts are gathered under load: Cloudflare charges more for a written row than for a call. */
const GATHER_PERIOD = 5_000
/**
 * Calls per second whose counts are written with the call. A timer keeps the object in memory, which is charged for. It costs nothing
 * above this rate, about two payments per second, because the next call arrives before the object could hibernate.
 */
const MAX_IMMEDIATE_WRITES = 5
/** Calls remembered as counted: a caller repeats a call within seconds. */
const MAX_REMEMBERED_CALLS = 1_000

/** Writes a ledger's counts: with the call that they come from, or under load together with those of other calls. */
export interface GatheredCounts {
  /**
   * Begins a call.
   *
   * @param id the same at each repetition: the counts of a repeated call are added only once
   */
  begin(id: string | undefined): CountedCall
  /** Writes all gathered counts. */
  write(): Promise<void>
}

/** The counts of one call. */
export interface CountedCall {
  /** Counts within the transaction of the call, which may be rolled back and run again. */
  count(increments: readonly Increment[]): void
  /** Waits for the transaction, and discards the counts if it has failed. */
  end<T>(committed: Promise<T>): Promise<T>
}

/**
 * Writes counts in the transaction of their call, so that a restart loses none, and a single payment leaves no timer behind and its
 * object can hibernate. Under load, the counts of a {@link GATHER_PERIOD} are written together, in fewer rows; a restart loses those.
 *
 * @param addCounts adds to the sums, within a transaction
 */
export function gatherCounts(addCounts: LedgerStore['addCounts'], commit: Commit): GatheredCounts {
  const counters = createCounters(increments => commit(() => addCounts(increments)))
  /** The calls that were counted, and the run that counted each: it may count again when it is repeated after a rollback. */
  const countedBy = new Map<string, symbol>()
  let secondStart = Number.NEGATIVE_INFINITY
  let calls = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** @returns false if another run has counted the call */
  function claim(id: string, run: symbol): boolean {
    const owner = countedBy.get(id)
    if (owner !== undefined) return owner === run
    countedBy.set(id, run)
    for (const oldest of countedBy.keys()) {
      if (countedBy.size <= MAX_REMEMBERED_CALLS) break
      countedBy.delete(oldest)
    }
    return true
  }

  async function writeNow(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    await counters.flush()
  }

  function isUnderLoad(): boolean {
    if (timer !== undefined) return true
    if (Math.abs(Date.now() - secondStart) >= 1_000) {
      secondStart = Date.now()
      calls = 0
    }
    calls++
    return calls > MAX_IMMEDIATE_WRITES
  }

  return {
    begin(id) {
      const run = Symbol()
      let gathered: readonly Increment[] = []
      return {
        count(increments) {
          gathered = []
          if (increments.length === 0 || (id !== undefined && !claim(id, run))) return
          if (isUnderLoad()) gathered = increments
          else addCounts(increments, id)
        },
        async end(committed) {
          try {
            const result = await committed
            counters.add(gathered)
            if (gathered.length > 0) timer ??= setTimeout(writeNow, GATHER_PERIOD)
            return result
          } catch (error) {
            if (id !== undefined && countedBy.get(id) === run) countedBy.delete(id)
            throw error
          }
        },
      }
    },
    write: writeNow,
  }
}
