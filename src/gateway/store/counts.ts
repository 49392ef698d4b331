import { type LedgerMethods, REPEATABLE, SYNCED_LATER } from './method.ts'
import { run, type Work, type WorkOf } from './sql.ts'

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
  // A power cut costs some counts.
  addCounts: SYNCED_LATER,
  counters: REPEATABLE,
  depths: REPEATABLE,
}

export function createCounts(): WorkOf<Counts> {
  function* numberOf(statement: string, mchid: string): Work<number | null> {
    const [row] = yield* run<{ n: number | null }>(statement, mchid)
    return row?.n ?? null
  }

  function* byKind(statement: string, mchid: string): Work<Record<string, number>> {
    const rows = yield* run<{ kind: string; n: number }>(statement, mchid)
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
    // All counts use covering indexes, but that of doubts, which are few. The lowest `seq` belongs to the event that was received first.
    *depths(mchid) {
      return {
        pending:
          (yield* numberOf("select count(*) as n from delivery where mchid = ? and state = 'pending'", mchid)) ?? 0,
        dead: (yield* numberOf("select count(*) as n from delivery where mchid = ? and state = 'dead'", mchid)) ?? 0,
        oldestPendingAt: yield* numberOf(
          `select received_at as n from event
           where seq = (select min(seq) from delivery where mchid = ? and state = 'pending')`,
          mchid,
        ),
        watched: yield* byKind('select kind, count(*) as n from watch where mchid = ? group by kind', mchid),
        inDoubt: yield* byKind(
          // SQLite would read all watches of the merchant in the order of their kinds. So it reads those in doubt, and sorts them.
          "select kind || '' as kind, count(*) as n from watch where mchid = ? and doubt_since is not null group by kind || ''",
          mchid,
        ),
      }
    },
  }
}
