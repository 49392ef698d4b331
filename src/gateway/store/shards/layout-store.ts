import type { LedgerError } from '../ledger-error.ts'
import type { Sql } from '../sql.ts'
import { type Layout, LayoutChangedError, ONE_SHARD, sizeOf } from './layout.ts'

/** The layout, as a shard knows it. All other methods must be called in a {@link LayoutStore.transaction}. */
export interface LayoutStore extends Pick<Sql, 'transaction'> {
  /**
   * Compares the layout of a call with the latest that this shard has seen. A later one is adopted: from then on the shard refuses calls
   * of earlier layouts, so that it records nothing new that belongs elsewhere.
   *
   * @throws {LayoutChangedError} the layout of the call is an earlier one
   */
  requireLayout(layout: Layout): void
  /** Notes an event that was recorded here although it belongs elsewhere. */
  noteHeldEvent(seq: number): void
  /**
   * Adds shards. Only the first shard decides this.
   *
   * @returns the layout with at least so many shards: the present one, if it has
   */
  growTo(size: number): Layout
  /**
   * Returns whether nothing is left from before this shard has adopted its layout: no event, watch, or call with an `Idempotency-Key`.
   * Nothing can come back, because since then only events are added that follow those that are left.
   */
  isDrained(): boolean
  /** Forgets earlier sizes, because all of their shards are drained. Only the first shard decides this. */
  retire(): Layout
}

/** The methods of a shard that change or read its layout. */
export type LayoutMethod = 'growTo' | 'isDrained' | 'retire'

/** Statement that creates the table, which has a row once the ledger has more than one shard. The last rows are those of before. */
export const LAYOUT_TABLE = `create table layout (
  id integer primary key,
  epoch integer not null,
  sizes text not null,
  last_event integer not null,
  last_watch integer not null,
  last_call integer not null
)`

/** @param writeRefusal thrown instead of writing; undefined if this program may write */
export function createLayoutStore(sql: Sql, writeRefusal?: LedgerError): LayoutStore {
  /** Only within a transaction: the one before may have been rolled back. */
  let known: Layout | undefined

  function read(): Layout {
    known ??= stored()
    return known
  }

  function stored(): Layout {
    const [row] = sql.run<{ epoch: number; sizes: string }>('select epoch, sizes from layout where id = 1')
    return row ? { epoch: row.epoch, sizes: JSON.parse(row.sizes) as number[] } : ONE_SHARD
  }

  function requireWritable(): void {
    if (writeRefusal) throw writeRefusal
  }

  function adopt({ epoch, sizes }: Layout): Layout {
    requireWritable()
    sql.run(
      `insert into layout (id, epoch, sizes, last_event, last_watch, last_call)
       select 1, ?, ?, coalesce((select max(seq) from event), 0), coalesce((select max(id) from watch), 0),
         coalesce((select max(seq) from call), 0)
       where true
       on conflict (id) do update set epoch = excluded.epoch, sizes = excluded.sizes, last_event = excluded.last_event,
         last_watch = excluded.last_watch, last_call = excluded.last_call`,
      epoch,
      JSON.stringify(sizes),
    )
    known = { epoch, sizes }
    return known
  }

  return {
    transaction(work) {
      known = undefined
      return sql.transaction(work)
    },
    requireLayout(layout) {
      const current = read()
      if (layout.epoch < current.epoch) throw new LayoutChangedError(current)
      if (layout.epoch > current.epoch) adopt(layout)
    },
    noteHeldEvent: seq => void sql.run('update layout set last_event = max(last_event, ?) where id = 1', seq),
    growTo(size) {
      const current = read()
      if (sizeOf(current) >= size) return current
      return adopt({ epoch: current.epoch + 1, sizes: [...current.sizes, size] })
    },
    isDrained() {
      requireWritable()
      // Written, because a table that was empty in between begins with low numbers again.
      const [left] = sql.run<{ last_event: number; last_watch: number; last_call: number }>(
        `update layout set
           last_event = case when exists (select 1 from event where seq <= last_event) then last_event else 0 end,
           last_watch = case when exists (select 1 from watch where id <= last_watch) then last_watch else 0 end,
           last_call = case when exists (select 1 from call where seq <= last_call and key is not null) then last_call else 0 end
         returning last_event, last_watch, last_call`,
      )
      return left === undefined || (left.last_event === 0 && left.last_watch === 0 && left.last_call === 0)
    },
    retire() {
      const current = read()
      return current.sizes.length === 1 ? current : adopt({ epoch: current.epoch + 1, sizes: [sizeOf(current)] })
    },
  }
}
