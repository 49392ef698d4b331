import type { EventOrder } from '../../gateway/store/dialect.ts'
import { run, send } from '../../gateway/store/sql.ts'

/** The first key of the advisory locks of writers, beside those of other programs. */
const WRITERS = "hashtext('wechatpay-edge writers ' || current_schema())"
const LAST_SEQ = 'case when is_called then last_value else 0 end'

/**
 * Lets readers know which numbers are still to become visible. A writer holds an advisory lock until its transaction has ended, named by a
 * number below the one that it will get. A reader takes the last number of the sequence first, and then the lowest lock: a writer
 * whose lock does not show yet gets a higher number than the last one.
 *
 * @see https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export const WRITER_LOCKS: EventOrder = {
  *begin() {
    yield* send(
      `select pg_advisory_xact_lock_shared(${WRITERS}, ((${LAST_SEQ}) % 2147483648)::int) as locked from event_seq_seq`,
    )
  },
  *settledUntil() {
    const [{ last } = { last: 0 }] = yield* run<{ last: number }>(`select ${LAST_SEQ} as last from event_seq_seq`)
    const locks = yield* run<{ low: number }>(
      `select objid::bigint as low from pg_locks
       where locktype = 'advisory' and objsubid = 2 and mode = 'ShareLock'
         and classid::bigint = (${WRITERS}::bigint + 4294967296) % 4294967296
         and database = (select oid from pg_database where datname = current_database())`,
    )
    // A lock has the lower 31 bits of a number that is at most some transactions old.
    return Math.min(last, ...locks.map(({ low }) => last - ((((last - low) % 2 ** 31) + 2 ** 31) % 2 ** 31)))
  },
}
