import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

/** A counter that has grown. */
export interface Increment {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly by: number
}

/** The increments that a call to a ledger counts once it was carried out: fixed ones, or by its outcome. */
export type CallCounts = readonly Increment[] | Readonly<Record<string, readonly Increment[]>>

/** Returns what a call counts that came to this result. */
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

/** How much lies where. */
export interface Depths {
  readonly pending: number
  readonly dead: number
  /** When the oldest delivery that is not done was recorded. */
  readonly oldestPendingAt: number | null
  /** Calls that are watched, by kind: those in doubt, too. */
  readonly watched: Readonly<Record<string, number>>
  /** Calls of which nobody knows what became of them, by kind. A ledger of the version before does not tell. */
  readonly inDoubt?: Readonly<Record<string, number>> | undefined
}

export interface Counts {
  add(increments: readonly Increment[]): void
  counters(): CounterRow[]
  depths(mchid: string): Depths
}

export const COUNT_METHODS: LedgerMethods<Counts> = {
  // A Durable Object gathers counts, and knows a repetition by the id of its call.
  add: REPEATABLE,
  counters: REPEATABLE,
  depths: REPEATABLE,
}

export function createCounts(sql: Sql): Counts {
  const number = (statement: string, mchid: string) => sql.run<{ n: number | null }>(statement, mchid)[0]?.n ?? null
  const byKind = (statement: string, mchid: string): Record<string, number> =>
    Object.fromEntries(sql.run<{ kind: string; n: number }>(statement, mchid).map(({ kind, n }) => [kind, n]))
  return {
    add(increments) {
      for (const { name, labels, by } of increments)
        sql.run(
          `insert into counter (name, labels, value) values (?, ?, ?)
           on conflict (name, labels) do update set value = value + excluded.value`,
          ...[name, JSON.stringify(Object.fromEntries(Object.entries(labels).sort())), by],
        )
    },
    counters: () =>
      sql
        .run<{ name: string; labels: string; value: number }>(
          'select name, labels, value from counter order by name, labels',
        )
        .map(row => ({ ...row, labels: JSON.parse(row.labels) })),
    // By indexes alone, without a look at the rows. Events are received in the order of `seq`.
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
