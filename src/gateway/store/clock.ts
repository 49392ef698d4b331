import { NEVER } from './call/watches.ts'
import type { StoreContext } from './dialect.ts'
import { run, type Work } from './sql.ts'

/** Milliseconds by which the clock must be behind the ledger to count as set back: a smaller difference is an adjustment. */
const MIN_SETBACK = 30_000
/** Milliseconds between two writes of the time. */
const WRITE_EVERY = 60_000

interface StoredTime {
  readonly at: number
  /** How often the clock was found to be set back. */
  readonly setbacks: number
}

/**
 * Follows the clock, so that nothing waits longer after the clock was set back.
 *
 * The ledger stores the latest time that it has seen. When the clock shows an earlier time, every future time of deliveries, leases
 * and watches is moved back by the difference: a delivery that was due in five seconds is still due in five seconds. If the clock
 * had been set ahead before, times from before that may come early by as much.
 *
 * @returns work that checks the clock; it must come before anything else in a transaction
 */
export function createClockFollower({ dialect, now }: Pick<StoreContext, 'dialect' | 'now'>): () => Work<void> {
  /** The stored time; undefined if unknown, as after a setback, whose transaction may be rolled back. */
  let known: StoredTime | undefined
  /** The time of the last call. It says nothing once another process has found that the clock was set back. */
  let last = 0
  let setbacks = 0

  function* read(): Work<void> {
    ;[known] = yield* run<StoredTime>('select at, setbacks from clock where id = 1')
    if (known === undefined || known.setbacks === setbacks) return
    setbacks = known.setbacks
    last = 0
  }

  function* write(at: number): Work<void> {
    const [stored] = yield* run<StoredTime>(
      'insert into clock (id, at) values (1, ?) on conflict (id) do update set at = excluded.at returning at, setbacks',
      at,
    )
    known = stored
    setbacks = stored!.setbacks
  }

  /** @param seen what was known when the setback was noticed: `known` changes while this waits for the row */
  function* setBack(seen: StoredTime | undefined, latest: number, at: number): Work<void> {
    const [stored] = yield* run<StoredTime>(`select at, setbacks from clock where id = 1${dialect.forUpdate}`)
    // Another transaction or process may have noticed the setback first. What it has moved back is as early as the stored time says.
    const isNoticed = stored !== undefined && seen !== undefined && stored.setbacks !== seen.setbacks
    const by = (isNoticed ? stored.at : latest) - at
    if (by > MIN_SETBACK) {
      yield* moveBack(dialect, by, at)
      yield* run('update clock set at = ?, setbacks = setbacks + 1 where id = 1', at)
    }
    known = undefined
  }

  return function* () {
    const at = now()
    if (known === undefined) yield* read()
    const latest = Math.max(known?.at ?? at, last)
    last = at
    if (at < latest - MIN_SETBACK) yield* setBack(known, latest, at)
    else if (known === undefined || at >= known.at + WRITE_EVERY) yield* write(at)
  }
}

function* moveBack({ greatest }: StoreContext['dialect'], by: number, at: number): Work<void> {
  yield* run(
    `update delivery set
       due_at = case when due_at > ? then ${greatest}(due_at - ?, ?) else due_at end,
       leased_until = ${greatest}(leased_until - ?, 0),
       queued_until = ${greatest}(queued_until - ?, 0)
     where state = 'pending' and (due_at > ? or leased_until > ? or queued_until > ?)`,
    at,
    by,
    at,
    by,
    by,
    at,
    at,
    at,
  )
  yield* run(`update circuit set retry_at = ${greatest}(retry_at - ?, ?) where retry_at > ?`, by, at, at)
  // A watch with `NEVER` stays as it is.
  yield* run(`update watch set due_at = ${greatest}(due_at - ?, ?) where due_at > ? and due_at < ?`, by, at, at, NEVER)
  yield* run('update rate_bucket set at = ? where at > ?', at, at)
  yield* run(
    // The first condition is that of the index.
    `update call set leased_until = ${greatest}(leased_until - ?, 1) where leased_until > 0 and leased_until > ?`,
    by,
    at,
  )
}
