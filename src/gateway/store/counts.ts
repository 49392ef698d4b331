import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

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

/** The numbers of deliveries and watches. */
export interface Depths {
  readonly pending: number
  readonly dead: number
  /** Time at which the oldest pending delivery was recorded. */
  readonly oldestPendingAt: number | null
  /** Watches by kind, including those in doubt. */
  readonly watched: Readonly<Record<string, number>>
  /** Watches in doubt by kind. Missing from a ledger of the previous version. */
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
  addCounts: REPEATABLE,
  counters: REPEATABLE,
  depths: REPEATABLE,
}

export function createCounts(sql: Sql): Counts {
  const number = (statement: string, mchid: string) => sql.run<{ n: number | null }>(statement, mchid)[0]?.n ?? null
  const byKind = (statement: string, mchid: string): Record<string, number> =>
    Object.fromEntries(sql.run<{ kind: string; n: number }>(statement, mchid).map(({ kind, n }) => [kind, n]))
  return {
    addCounts(increments, call) {
      for (const { name, labels, by } of increments)
        sql.run(
          `insert into counter (name, labels, value, last_call) values (?, ?, ?, ?)
           on conflict (name, labels) do update set
             value = value + excluded.value, last_call = coalesce(excluded.last_call, last_call)
           where excluded.last_call is null or last_call is not excluded.last_call`,
          name,
          JSON.stringify(Object.fromEntries(Object.entries(labels).sort())),
          by,
          call ?? null,
        )
    },
    counters: () =>
      sql
        .run<{ name: string; labels: string; value: number }>(
          'select name, labels, value from counter order by name, labels',
        )
        .map(row => ({ ...row, labels: JSON.parse(row.labels) })),
    // All counts use covering indexes. The lowest `seq` belongs to the event that was received first.
    depths: mchid => ({
      pending: number("select count(*) as n from delivery where mchid = ? and state = 'pending'", mchid) ?? 0,
      dead: number("select count(*) as n from delivery where mchid = ? and state = 'dead'", mchid) ?? 0,
      oldestPendingAt: number(
        `select received_at as n from event
         where seq = (select min(seq) from delivery where mchid = ? and state = 'pending')`,
        mchid,
      ),
      watched: byKind('select kind, count(*) as n from watch where mchid = ? group by kind', mchid),
      inDoubt: byKind(
        'select kind, count(*) as n from watch where mchid = ? and doubt_since is not null group by kind',
        mchid,
      ),
    }),
  }
}
