import type { Sql } from './sql.ts'
import { NEVER } from './watches.ts'

/** Milliseconds by which a clock has to be behind the ledger to have been set back: less is an adjustment. */
const STEP = 30_000
/** Milliseconds between two times that are written down. */
const EVERY = 60_000

/**
 * Follows the clock of the machine, so that what is due does not wait longer where it is set back.
 *
 * The ledger knows the time that it has seen last. When the clock shows an earlier one, every time that is still to come, of
 * deliveries, leases and watches, is moved back by the difference: a delivery that was due in five seconds is due in five
 * seconds. What was set before the clock had gone ahead may come early by as much.
 *
 * @returns looks at the clock; call it within a transaction, before anything else
 */
export function createClockFollower(sql: Sql, now: () => number): () => void {
  /** What was written down, where that is known; a transaction that is rolled back takes its move with it. */
  let written: number | undefined
  let last = 0

  function write(at: number): void {
    // One row written, not two.
    if (sql.run('update clock set at = ? returning at', at).length === 0)
      sql.run('insert into clock (at) values (?)', at)
    written = at
  }

  return () => {
    const at = now()
    written ??= sql.run<{ at: number }>('select at from clock')[0]?.at
    const seen = Math.max(written ?? at, last)
    last = at
    if (at < seen - STEP) {
      moveBack(sql, seen - at, at)
      write(at)
      written = undefined
    } else if (written === undefined || at >= written + EVERY) write(at)
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
  // A watch that is not due at all does not become due.
  sql.run('update watch set due_at = max(due_at - ?, ?) where due_at > ? and due_at < ?', by, at, at, NEVER)
  sql.run('update rate_bucket set at = ? where at > ?', at, at)
  sql.run('update call set leased_until = max(leased_until - ?, 1) where leased_until > ?', by, at)
}
