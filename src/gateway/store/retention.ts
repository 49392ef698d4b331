import { DAY } from '../../core/base/time.ts'
import { KEY_AGE } from './call/calls.ts'
import type { StoreContext } from './dialect.ts'
import { type LedgerMethods, REPEATABLE } from './method.ts'
import { run, type Work, type WorkOf } from './sql.ts'

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

export function createRetention({ dialect, now, numbers }: StoreContext): WorkOf<Retention> {
  const { integers, skipLocked } = dialect

  function* purgeEvents(before: number, limit: number): Work<{ read: number; purged: number }> {
    // A replay locks the event too. The deliveries are read only after that, because one of them may just have been replayed.
    const old = yield* run<{ seq: number }>(
      `select seq from event where retained_since < ? order by retained_since limit ?${skipLocked}`,
      before,
      limit,
    )
    if (old.length === 0) return { read: 0, purged: 0 }
    const kept = yield* run<{ seq: number }>(
      `select distinct seq from delivery where seq in (${integers}) and state in ('pending', 'dead')`,
      listOf(old),
    )
    // They are read again after a day only, so that thousands of dead letters do not fill each batch.
    if (kept.length > 0)
      yield* run(`update event set retained_since = ? where seq in (${integers})`, before + DAY, listOf(kept))
    const keptSeqs = new Set(kept.map(({ seq }) => seq))
    const expired = old.filter(({ seq }) => !keptSeqs.has(seq))
    if (expired.length > 0) {
      const seqs = listOf(expired)
      yield* run(`delete from attempt where delivery in (select id from delivery where seq in (${integers}))`, seqs)
      yield* run(`delete from delivery where seq in (${integers})`, seqs)
      yield* numbers.remove(seqs)
      yield* run(`delete from event where seq in (${integers})`, seqs)
    }
    return { read: old.length, purged: expired.length }
  }

  /** @returns the number of deleted calls */
  function* purgeCalls(before: number, limit: number): Work<number> {
    const purged = yield* run(
      'delete from call where seq in (select seq from call where at < ? order by at limit ?) returning seq',
      before,
      limit,
    )
    return purged.length
  }

  /** @returns the number of released keys */
  function* releaseKeys(limit: number): Work<number> {
    const released = yield* run(
      `update call set key = null, hash = null, response = null, leased_until = 0 where seq in (
         select seq from call where key is not null and at < ? order by at limit ?) returning seq`,
      now() - KEY_AGE,
      limit,
    )
    return released.length
  }

  return {
    *purge(before, limit) {
      const events = yield* purgeEvents(before, limit)
      const counts = [events.read, yield* purgeCalls(before, limit), yield* releaseKeys(limit)]
      const left = yield* run('select 1 from event union all select 1 from call limit 1')
      return {
        events: events.purged,
        hasMore: counts.some(count => count === limit),
        isEmpty: left.length === 0,
      }
    },
  }
}

const listOf = (rows: readonly { seq: number }[]): string => JSON.stringify(rows.map(({ seq }) => seq))
