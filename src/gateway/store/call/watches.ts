import type { StoreContext } from '../dialect.ts'
import { type LedgerMethods, ONCE, ONCE_UNLESS_EMPTY, READ, REPEATABLE } from '../method.ts'
import { run, send, type Work, type WorkOf } from '../sql.ts'
import { requireRow } from '../write-conflict.ts'
import { addPlacing, latestOf, type Placing, removePlacing } from './placings.ts'

/** An order, a refund or the like that was placed through the gateway, to be queried until its final state is known. */
export interface NewWatch {
  readonly mchid: string
  /** Selects the query: `v3-order`, … */
  readonly kind: string
  /** The merchant's own number of it: `T1`, or `1900000888/T1` for a sub-merchant. */
  readonly number: string
  /** Further parameters of the query: `{ sub_mchid: '…' }`. */
  readonly query: Readonly<Record<string, string>>
  /** The caller that placed it. The queries of a sweep are divided among callers. Default: none. */
  readonly caller?: string
  /** Time after which it can no longer take effect, ms; 0 if the call does not say. Default: 0. */
  readonly expiresAt?: number
}

export interface WatchRow extends Required<Omit<NewWatch, 'caller' | 'expiresAt'>> {
  readonly id: number
  readonly placed_at: number
  readonly expires_at: number
  /** Number of queries so far. */
  readonly queries: number
  /** The time since when its outcome is in doubt, ms; null if it is not. */
  readonly doubt_since: number | null
  /** The outcome of the last query. */
  readonly outcome: string | null
  /**
   * 1 if WeChat Pay has accepted a call for it, or has found it by a query: a later response that it does not exist is then a
   * contradiction. 0 if every call ended in doubt, and no query has found it.
   */
  readonly accepted: 0 | 1
}

/** The outcome of a query that does not end its watch. */
export interface QueryOutcome {
  readonly outcome?: string | null
  /** The outcome of the call is in doubt. */
  readonly isDoubtful?: boolean
  /** WeChat Pay has found it. */
  readonly isSeen?: boolean
  /** `placed_at` of the row that was queried. The outcome does not apply to a watch that was placed again meanwhile. */
  readonly placedAt?: number
}

/** The result of a `watch`. */
export interface Placed {
  /** Identifies this `watch` for {@link Watches.releaseWatch}. */
  readonly placedAt: number
  /** It is watched already with another query, which {@link Watches.acceptWatch} replaces by this one. */
  readonly isOtherQuery: boolean
}

export interface Watches {
  /**
   * Begins to watch an order or the like. If it is watched already, its query stays, because the second call may be refused. The watch
   * is as old as the latest call for it, and expires when the last of them does.
   *
   * @param dueAt when to query first
   */
  watch(watch: NewWatch, dueAt: number): Placed
  /** Replaces the query, because WeChat Pay has accepted the call that it comes from. */
  acceptWatch(watch: Pick<NewWatch, 'mchid' | 'kind' | 'number' | 'query'>): void
  /**
   * Reverts one `watch`, whose call was refused or not sent. The last one ends the watch: other calls may have placed the same order.
   *
   * @param placedAt as `watch` has returned it; without it the watch keeps its times
   */
  releaseWatch(watch: Pick<NewWatch, 'mchid' | 'kind' | 'number' | 'expiresAt'>, placedAt?: number): void
  /**
   * Records that the call of one `watch` ended in doubt. A call that is neither recorded here nor released counts as accepted, so that
   * accepted calls, the majority, cost no write, and a call whose process died is not given up too early.
   */
  recordUnanswered(watch: Pick<NewWatch, 'mchid' | 'kind' | 'number'>): void
  /**
   * Ends a watch.
   *
   * @param placedAt `placed_at` of the row that was queried: a watch that was placed again meanwhile stays. Default: any
   */
  unwatch(mchid: string, kind: string, number: string, placedAt?: number): void
  /**
   * Claims due watches until `leaseUntil`, after which they are due again if the process has died. Watches with few queries come
   * first, except for a quarter of the limit, and kinds and callers take turns: neither thousands of abandoned orders nor those of
   * one caller can delay the queries for a new order of another caller.
   */
  claimDueWatches(mchid: string, limit: number, leaseUntil: number): WatchRow[]
  /**
   * Records a query that does not end the watch.
   *
   * @param dueAt when to query again, ms; with {@link NEVER} only {@link Watches.queryNow} causes another query
   */
  rescheduleQuery(id: number, dueAt: number, outcome?: QueryOutcome): void
  /**
   * Lists the watches in doubt, the newest first.
   *
   * @param page `before`: the `id` at which the previous page ended
   */
  watchesInDoubt(mchid: string, page: { before?: number; limit: number }): WatchRow[]
  /**
   * Makes a watch in doubt due, so that the next sweep queries it.
   *
   * @returns false if there is none
   */
  queryNow(mchid: string, id: number): boolean
  /**
   * Ends a watch in doubt, because an operator has found out the outcome.
   *
   * @returns false if there is none
   */
  dismiss(mchid: string, id: number): boolean
}

export const WATCH_METHODS: LedgerMethods<Watches> = {
  watch: ONCE,
  acceptWatch: REPEATABLE,
  releaseWatch: ONCE,
  recordUnanswered: ONCE,
  unwatch: REPEATABLE,
  claimDueWatches: ONCE_UNLESS_EMPTY,
  rescheduleQuery: ONCE,
  watchesInDoubt: READ,
  queryNow: REPEATABLE,
  dismiss: ONCE,
}

/** Queries for which a watch has precedence: those of the first half hour. */
const YOUNG_QUERIES = 3
/** Begin the name of a lane: `YOUNG` for fewer than {@link YOUNG_QUERIES}, `OLD` for more. Kind and caller follow. */
const YOUNG = '0/'
const OLD = '1/'
/** The share of a sweep that is reserved for watches with more queries. */
const OLD_SHARE = 0.25
/** A time that no clock reaches. */
export const NEVER: number = Number.MAX_SAFE_INTEGER

const COLUMNS =
  'id, mchid, kind, number, query, placed_at, expires_at, queries, doubt_since, outcome, case when seen = 1 or calls > unanswered then 1 else 0 end as accepted'
type Row = Omit<WatchRow, 'query'> & { readonly query: string }

/** A watch, with the calls that have placed it; null where only one has. */
interface PlacedRow extends Pick<Row, 'id' | 'query' | 'placed_at' | 'expires_at'> {
  readonly calls: number
  readonly placings: string | null
}

const placingsOf = ({ placings, placed_at, expires_at }: PlacedRow): Placing[] =>
  placings === null ? [[placed_at, expires_at]] : JSON.parse(placings)

/**
 * Ends watches by their events.
 *
 * @param placedUntil milliseconds since 1970; watches that were placed later stay
 */
export function* endWatches(
  mchid: string,
  watches: readonly { readonly kind: string; readonly number: string }[],
  placedUntil: number,
): Work<void> {
  // All watches of one event have one number, so that this is one statement.
  for (const number of new Set(watches.map(watch => watch.number))) {
    const kinds = watches.filter(watch => watch.number === number).map(({ kind }) => kind)
    yield* send(
      `delete from watch where mchid = ? and kind in (${kinds.map(() => '?').join(', ')}) and number = ? and placed_at <= ?`,
      mchid,
      ...kinds,
      number,
      placedUntil,
    )
  }
}

export function createWatches({ dialect, now }: Pick<StoreContext, 'dialect' | 'now'>): WorkOf<Watches> {
  const { forUpdate, greatest, insertReturning, integers } = dialect

  /** Lists a merchant's lanes, with one index lookup each, however many watches they contain. */
  function* lanesOf(mchid: string): Work<string[]> {
    const rows = yield* run<{ name: string }>(
      `with recursive lanes (name) as (
         select (select min(lane) from watch where mchid = ?)
         union all
         select (select min(lane) from watch where mchid = ? and lane > lanes.name) from lanes where lanes.name is not null
       ) select name from lanes where name is not null`,
      mchid,
      mchid,
    )
    return rows.map(({ name }) => name)
  }

  function* dueIn(mchid: string, lane: string, limit: number): Work<number[]> {
    const rows = yield* run<{ id: number }>(
      'select id from watch where mchid = ? and lane = ? and due_at <= ? order by due_at limit ?',
      mchid,
      lane,
      now(),
      limit,
    )
    return rows.map(({ id }) => id)
  }

  /** Finds the due watches of the lanes with few or with many queries, which take turns. */
  function* findDue(mchid: string, lanes: readonly string[], isYoung: boolean, limit: number): Work<number[]> {
    const due: number[][] = []
    for (const lane of lanes) if (lane.startsWith(YOUNG) === isYoung) due.push(yield* dueIn(mchid, lane, limit))
    return interleave(due, limit)
  }

  function* lockPlaced(mchid: string, kind: string, number: string): Work<PlacedRow | undefined> {
    const [row] = yield* run<PlacedRow>(
      `select id, query, placed_at, expires_at, calls, placings from watch
       where mchid = ? and kind = ? and number = ?${forUpdate}`,
      mchid,
      kind,
      number,
    )
    return row
  }

  /** Keeps the times of the watch if no placing is left, because a call of an older version, which lists none, may still count. */
  function* savePlacings(id: number, calls: number, placings: readonly Placing[]): Work<void> {
    const { placedAt, expiresAt } = placings.length > 0 ? latestOf(placings) : { placedAt: null, expiresAt: null }
    yield* run(
      `update watch set calls = ?, placings = ?, placed_at = coalesce(?, placed_at), expires_at = coalesce(?, expires_at)
       where id = ?`,
      calls,
      JSON.stringify(placings),
      placedAt,
      expiresAt,
      id,
    )
  }

  const rowOf = (row: Row): WatchRow => ({ ...row, query: JSON.parse(row.query) })

  return {
    *watch({ mchid, kind, number, query, caller = '', expiresAt: expiry = 0 }, dueAt) {
      const text = JSON.stringify(query)
      const [placedAt, expiresAt] = [now(), Math.round(expiry)]
      const [inserted] = yield* run(
        `${insertReturning} watch (mchid, kind, number, query, placed_at, due_at, lane, expires_at)
         values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (mchid, kind, number) do nothing returning id`,
        mchid,
        kind,
        number,
        text,
        placedAt,
        Math.round(dueAt),
        `${YOUNG}${kind}/${caller}`,
        expiresAt,
      )
      if (inserted) return { placedAt, isOtherQuery: false }
      const row = requireRow(yield* lockPlaced(mchid, kind, number))
      const placings = addPlacing(placingsOf(row), [placedAt, expiresAt])
      yield* savePlacings(row.id, row.calls + 1, placings)
      yield* run('update watch set due_at = ? where id = ? and due_at = ?', Math.round(dueAt), row.id, NEVER)
      return { placedAt, isOtherQuery: row.query !== text }
    },
    *acceptWatch({ mchid, kind, number, query }) {
      yield* run(
        'update watch set query = ? where mchid = ? and kind = ? and number = ?',
        JSON.stringify(query),
        mchid,
        kind,
        number,
      )
    },
    *releaseWatch({ mchid, kind, number, expiresAt = 0 }, placedAt) {
      const row = yield* lockPlaced(mchid, kind, number)
      if (!row) return
      if (row.calls <= 1) yield* run('delete from watch where id = ?', row.id)
      else yield* savePlacings(row.id, row.calls - 1, removePlacing(placingsOf(row), placedAt, Math.round(expiresAt)))
    },
    *recordUnanswered({ mchid, kind, number }) {
      yield* run(
        'update watch set unanswered = unanswered + 1 where mchid = ? and kind = ? and number = ?',
        mchid,
        kind,
        number,
      )
    },
    *unwatch(mchid, kind, number, placedAt) {
      yield* run(
        'delete from watch where mchid = ? and kind = ? and number = ? and placed_at = coalesce(?, placed_at)',
        mchid,
        kind,
        number,
        placedAt ?? null,
      )
    },
    *claimDueWatches(mchid, limit, leaseUntil) {
      const names = yield* lanesOf(mchid)
      // Begins with a random lane, because there may be more lanes than the limit.
      const first = Math.floor(Math.random() * names.length)
      const lanes = [...names.slice(first), ...names.slice(0, first)]
      const old = yield* findDue(mchid, lanes, false, limit)
      const reserved = Math.min(old.length, Math.ceil(limit * OLD_SHARE))
      const young = yield* findDue(mchid, lanes, true, limit - reserved)
      const ids = [...young, ...old.slice(0, limit - young.length)]
      // `due_at` again, because another process may have claimed one of them meanwhile.
      const claimed = yield* run<Row>(
        `update watch set due_at = ? where id in (${integers}) and due_at <= ? returning ${COLUMNS}`,
        leaseUntil,
        JSON.stringify(ids),
        now(),
      )
      return claimed.map(rowOf)
    },
    *rescheduleQuery(id, dueAt, { outcome = null, isDoubtful = false, isSeen = false, placedAt } = {}) {
      yield* run(
        `update watch set queries = queries + 1, due_at = ?, outcome = ?, seen = ${greatest}(seen, ?),
           doubt_since = case when ? = 1 then coalesce(doubt_since, ?) end,
           lane = case when queries + 1 < ? then lane else ? || substr(lane, 3) end
         where id = ? and placed_at = coalesce(?, placed_at)`,
        Math.round(dueAt),
        outcome,
        isSeen ? 1 : 0,
        isDoubtful ? 1 : 0,
        now(),
        YOUNG_QUERIES,
        OLD,
        id,
        placedAt ?? null,
      )
    },
    *watchesInDoubt(mchid, { before = NEVER, limit }) {
      const rows = yield* run<Row>(
        `select ${COLUMNS} from watch where mchid = ? and doubt_since is not null and id < ? order by id desc limit ?`,
        mchid,
        before,
        limit,
      )
      return rows.map(rowOf)
    },
    *queryNow(mchid, id) {
      const updated = yield* run(
        'update watch set due_at = ? where mchid = ? and id = ? and doubt_since is not null returning id',
        now(),
        mchid,
        id,
      )
      return updated.length > 0
    },
    *dismiss(mchid, id) {
      const dismissed = yield* run(
        'delete from watch where mchid = ? and id = ? and doubt_since is not null returning id',
        mchid,
        id,
      )
      return dismissed.length > 0
    },
  }
}

/** Merges lists by taking one item of each in turn. */
function interleave(lists: readonly (readonly number[])[], limit: number): number[] {
  const merged: number[] = []
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  for (let at = 0; at < longest && merged.length < limit; at++)
    for (const list of lists) if (at < list.length && merged.length < limit) merged.push(list[at]!)
  return merged
}
