import type { StoreContext } from './dialect.ts'
import { type LedgerMethods, READ, SYNCED_LATER } from './method.ts'
import { run, type SqlValue, type Work, type WorkOf } from './sql.ts'

/** An increment of a counter. */
export interface Increment {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly by: number
}

/** The increments to add once a call to a ledger is carried out: a fixed list, or one list per outcome. */
export type CallCounts = readonly Increment[] | Readonly<Record<string, readonly Increment[]>>

/** Returns the increments of a call with the given result. */
export function countsOf(counts: CallCounts, result: unknown): readonly Increment[] {
  if (isList(counts)) return counts
  const { outcome } = Object(result) as { outcome?: unknown }
  return typeof outcome === 'string' && Object.hasOwn(counts, outcome) ? counts[outcome]! : []
}

const isList = (counts: CallCounts): counts is readonly Increment[] => Array.isArray(counts)

export interface CounterRow {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * The highest number that {@link Depths} count to: a count reads an index entry for each row, and monitoring counts several times a minute.
 * Ten times as many rows would take PostgreSQL some hundred milliseconds.
 */
export const MAX_COUNTED = 10_000

/** Writes a number that is counted up to {@link MAX_COUNTED}: `42`, `10000+`. */
export const countedText = (count: number): string => (count < MAX_COUNTED ? String(count) : `${MAX_COUNTED}+`)

/** Adds numbers that are counted up to {@link MAX_COUNTED}, up to the same. */
export const countedSum = (counts: readonly number[]): number =>
  Math.min(
    counts.reduce((sum, count) => sum + count, 0),
    MAX_COUNTED,
  )

/** The numbers of deliveries and watches, each counted up to {@link MAX_COUNTED}. */
export interface Depths {
  readonly pending: number
  readonly dead: number
  /** Time at which the oldest pending delivery was recorded; in SQLite the oldest of those that are counted. */
  readonly oldestPendingAt: number | null
  /** Watches by kind, including those in doubt. */
  readonly watched: Readonly<Record<string, number>>
  /** Watches in doubt by kind; all kinds together are counted up to {@link MAX_COUNTED}. Missing from a ledger of the previous version. */
  readonly inDoubt?: Readonly<Record<string, number>> | undefined
}

export interface Counts {
  /**
   * Adds to the sums.
   *
   * @param increments at most one per counter
   * @param call the id of the call that they come from. A repetition adds nothing to the sums to which it was the last call to add
   */
  addCounts(increments: readonly Increment[], call?: string): void
  counters(): CounterRow[]
  depths(mchid: string): Depths
}

export const COUNT_METHODS: LedgerMethods<Counts> = {
  // A Durable Object recognises a repetition by the id of the call.
  // A power cut costs some counts.
  addCounts: SYNCED_LATER,
  counters: READ,
  depths: READ,
}

/**
 * SQL: the rows of a merchant, up to {@link MAX_COUNTED}, in the order of an index that begins with the merchant. The merchant is a range
 * of one: with `mchid = ?` the rows would be in the order of other indexes too, and PostgreSQL may prefer such a one, and read rows that do
 * not count.
 */
const firstRows = (table: string, column: string, condition: string, order: string): string =>
  `(select ${column} from ${table} where mchid >= ? and mchid <= ? and ${condition}
     order by mchid, ${order} limit ${MAX_COUNTED}) as counted`

export function createCounts({ dialect }: Pick<StoreContext, 'dialect'>): WorkOf<Counts> {
  function* byKind(statement: string, ...values: readonly SqlValue[]): Work<Record<string, number>> {
    const rows = yield* run<{ kind: string; n: number }>(statement, ...values)
    return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]))
  }

  return {
    *addCounts(increments, call) {
      for (const { name, labels, by } of increments)
        yield* run(
          `insert into counter (name, labels, value, last_call) values (?, ?, ?, ?)
           on conflict (name, labels) do update set
             value = counter.value + excluded.value, last_call = coalesce(excluded.last_call, counter.last_call)
           where excluded.last_call is null or counter.last_call is distinct from excluded.last_call`,
          name,
          JSON.stringify(Object.fromEntries(Object.entries(labels).sort())),
          by,
          call ?? null,
        )
    },
    *counters() {
      const rows = yield* run<{ name: string; labels: string; value: number }>(
        'select name, labels, value from counter order by name, labels',
      )
      return rows.map(row => ({ ...row, labels: JSON.parse(row.labels) }))
    },
    // Each count follows an index and ends at its limit. All but that of doubts, which are few, use covering indexes.
    *depths(mchid) {
      // The lowest `seq` belongs to the event that was received first.
      const [pending] = yield* run<{ n: number; oldest: number | null }>(
        `select n, (select received_at from event where seq = first) as oldest from (
           select count(*) as n, min(seq) as first
           from ${firstRows('delivery', 'seq', "state = 'pending'", dialect.pendingOrder)}) as summed`,
        mchid,
        mchid,
      )
      const [dead] = yield* run<{ n: number }>(
        `select count(*) as n from ${firstRows('delivery', 'id', "state = 'dead'", 'id')}`,
        mchid,
        mchid,
      )
      return {
        pending: pending?.n ?? 0,
        dead: dead?.n ?? 0,
        oldestPendingAt: pending?.oldest ?? null,
        watched: yield* byKind(
          // Finds the kinds with one index lookup each.
          `with recursive kinds (name) as (
             select (select min(kind) from watch where mchid = ?)
             union all
             select (select min(kind) from watch where mchid = ? and kind > kinds.name) from kinds where kinds.name is not null)
           select name as kind, (
             select count(*) from (
               select id from watch where mchid = ? and kind = kinds.name order by number limit ${MAX_COUNTED}) as counted) as n
           from kinds where name is not null order by name`,
          mchid,
          mchid,
          mchid,
        ),
        inDoubt: yield* byKind(
          `select kind, count(*) as n from ${firstRows('watch', 'kind', 'doubt_since is not null', 'id')}
           group by kind order by kind`,
          mchid,
          mchid,
        ),
      }
    },
  }
}
