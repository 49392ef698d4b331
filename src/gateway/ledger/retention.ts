import { KEY_AGE } from './calls.ts'
import type { Sql } from './sql.ts'

export interface Retention {
  /**
   * Forgets what is over and older than `before`: events whose deliveries have all ended, their attempts, the audit trail; and
   * the answers whose `Idempotency-Key` has run out. What waits, or was given up, stays.
   *
   * @returns how many events
   */
  forget(before: number, most: number): number
}

export function createRetention(sql: Sql, now: () => number): Retention {
  return {
    forget(before, most) {
      const over = sql.run<{ seq: number }>(
        `select seq from event where received_at < ? and not exists (
           select 1 from delivery where delivery.seq = event.seq and state in ('pending', 'dead')) order by seq limit ?`,
        before,
        most,
      )
      for (const { seq } of over) {
        sql.run('delete from attempt where delivery in (select id from delivery where seq = ?)', seq)
        sql.run('delete from delivery where seq = ?', seq)
        sql.run('delete from event where seq = ?', seq)
      }
      sql.run(
        'update call set key = null, hash = null, answer = null where key is not null and at < ?',
        now() - KEY_AGE,
      )
      sql.run('delete from call where rowid in (select rowid from call where at < ? limit ?)', before, most)
      return over.length
    },
  }
}
