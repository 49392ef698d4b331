import { DAY } from '../../core/time.ts'
import { KEY_AGE } from './calls.ts'
import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

/** Default number of days for which a ledger keeps expired rows. */
export const RETENTION_DAYS = 90

export interface Retention {
  /**
   * Deletes one batch of rows older than `before`: events without a pending or dead delivery, with their deliveries and attempts, and
   * entries of the audit trail. Deletes responses whose `Idempotency-Key` has expired, too.
   *
   * @param before milliseconds since 1970
   * @param limit rows of each kind that one batch reads
   */
  purge(before: number, limit: number): Purged
}

export const RETENTION_METHODS: LedgerMethods<Retention> = {
  purge: REPEATABLE,
}

/** The result of a batch. */
export interface Purged {
  readonly events: number
  /** There may be more rows to delete: purge again. */
  readonly hasMore: boolean
  /** Neither an event nor a call is left. */
  readonly isEmpty: boolean
}

export function createRetention(sql: Sql, now: () => number): Retention {
  function purgeEvents(before: number, limit: number): { read: number; purged: number } {
    const old = sql.run<{ seq: number; isKept: number }>(
      `select seq, exists (
         select 1 from delivery where delivery.seq = event.seq and state in ('pending', 'dead')) as isKept
       from event where retained_since < ? order by retained_since limit ?`,
      before,
      limit,
    )
    const kept = old.filter(({ isKept }) => isKept === 1)
    // They are read again after a day only, so that thousands of dead letters do not fill each batch.
    if (kept.length > 0)
      sql.run(
        'update event set retained_since = ? where seq in (select value from json_each(?))',
        before + DAY,
        listOf(kept),
      )
    const expired = old.filter(({ isKept }) => isKept === 0)
    if (expired.length > 0) {
      const seqs = listOf(expired)
      sql.run(
        `delete from attempt where delivery in (
           select id from delivery where seq in (select value from json_each(?)))`,
        seqs,
      )
      sql.run('delete from delivery where seq in (select value from json_each(?))', seqs)
      sql.run('delete from event where seq in (select value from json_each(?))', seqs)
    }
    return { read: old.length, purged: expired.length }
  }

  /** @returns the number of deleted calls */
  const purgeCalls = (before: number, limit: number): number =>
    sql.run(
      'delete from call where seq in (select seq from call where at < ? order by at limit ?) returning seq',
      before,
      limit,
    ).length

  /** @returns the number of released keys */
  const releaseKeys = (limit: number): number =>
    sql.run(
      `update call set key = null, hash = null, response = null, leased_until = 0 where seq in (
         select seq from call where key is not null and at < ? order by at limit ?) returning seq`,
      now() - KEY_AGE,
      limit,
    ).length

  const isEmpty = (): boolean => sql.run('select 1 from event union all select 1 from call limit 1').length === 0

  return {
    purge(before, limit) {
      const events = purgeEvents(before, limit)
      const counts = [events.read, purgeCalls(before, limit), releaseKeys(limit)]
      return { events: events.purged, hasMore: counts.some(count => count === limit), isEmpty: isEmpty() }
    },
  }
}

const listOf = (rows: readonly { seq: number }[]): string => JSON.stringify(rows.map(({ seq }) => seq))
