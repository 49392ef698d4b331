import type { Sql } from './sql.ts'
import { NEVER } from './watches.ts'

/** Milliseconds by which the clock must be behind the ledger to count as set back: a smaller difference is an adjustment. */
const MIN_SETBACK = 30_000
/** Milliseconds between two writes of the time. */
const WRITE_EVERY = 60_000

/**
 * Follows the clock of the machine, so that nothing waits longer after the clock was set back.
 *
 * The ledger stores the latest time that it has seen. When the clock shows an earlier time, every future time of deliveries, leases
 * and watches is moved back by the difference: a delivery that was due in five seconds is still due in five seconds. If the clock
 * had been set ahead before, times from before that may come early by as much.
 *
 * @returns a function that checks the clock; call it within a transaction, before anything else
 */
export function createClockFollower(sql: Sql, now: () => number): () => void {
  /** The stored time; undefined if unknown, as after a setback, whose transaction may be rolled back. */
  let written: number | undefined
  let last = 0

  function write(at: number): void {
    // `update` first, because deleting and inserting would write two rows.
    if (sql.run('update clock set at = ? returning at', at).length === 0)
      sql.run('insert into clock (at) values (?)', at)
    written = at
  }

  return () => {
    const at = now()
    written ??= sql.run<{ at: number }>('select at from clock')[0]?.at
    const latest = Math.max(written ?? at, last)
    last = at
    if (at < latest - MIN_SETBACK) {
      moveBack(sql, latest - at, at)
      write(at)
      written = undefined
    } else if (written === undefined || at >= written + WRITE_EVERY) write(at)
  }
}

function moveBack(sql: Sql, by: number, at: number): void {
  sql.run(
    `update delivery set
       due_at = case when due_at > ? then max(due_at - ?, ?) else due_at end,
       leased_until = max(leased_until - ?, 0),
       queued_until = max(queued_until - ?, 0)
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
  sql.run('update circuit set retry_at = max(retry_at - ?, ?) where retry_at > ?', by, at, at)
  // A watch with `NEVER` stays as it is.
  sql.run('update watch set due_at = max(due_at - ?, ?) where due_at > ? and due_at < ?', by, at, at, NEVER)
  sql.run('update rate_bucket set at = ? where at > ?', at, at)
  sql.run('update call set leased_until = max(leased_until - ?, 1) where leased_until > ?', by, at)
}
