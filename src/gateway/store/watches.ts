import { type LedgerMethods, ONCE, ONCE_UNLESS_EMPTY, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

/** A call made through the gateway, until its end is known. */
export interface NewWatch {
  readonly mchid: string
  /** What it is, and so how to ask for it. */
  readonly kind: string
  /** The merchant's own number of what it placed: `T1`; of a sub-merchant's behind the sub-merchant: `1900000888/T1`. */
  readonly number: string
  /** What it takes to ask for it beside the number: `{ sub_mchid: '…' }`. */
  readonly query: Readonly<Record<string, string>>
  /** The caller whose call it was: callers share the queries of a sweep. Default: none. */
  readonly caller?: string
  /** When it can no longer take effect, ms; 0 where the call does not say. Default 0. */
  readonly expiresAt?: number
}

export interface WatchRow extends Required<Omit<NewWatch, 'caller' | 'expiresAt'>> {
  readonly id: number
  readonly placed_at: number
  readonly expires_at: number
  /** How often it was asked for. */
  readonly queries: number
  /** Since when nobody knows what became of it, ms; null where that is no cause for concern. */
  readonly doubt_since: number | null
  /** The outcome of the last query. */
  readonly outcome: string | null
  /**
   * 1 where WeChat Pay has accepted a call for it, or has named it in response to a query: a response that it does not exist is then a
   * contradiction. 0 where every call ended in doubt, and nothing was heard of it since.
   */
  readonly accepted: 0 | 1
}

/** The outcome of a query that does not end its watch. */
export interface QueryOutcome {
  readonly outcome?: string | null
  /** Nobody knows what became of the call. */
  readonly isDoubtful?: boolean
  /** The response has named it: WeChat Pay knows it. */
  readonly isSeen?: boolean
  /** Of the row that was queried: a watch that was placed anew meanwhile is not the one that the outcome tells of. */
  readonly placedAt?: number
}

export interface Watches {
  /**
   * Begins to watch for a call. One that is watched already goes on being so, under its own query, and for as long as the later
   * of both can take effect: the second call may be refused.
   *
   * @param dueAt when to look first
   * @returns whether it is watched already and asked for by another query: {@link Watches.acceptWatch} puts this one in its place
   */
  watch(watch: NewWatch, dueAt: number): boolean
  /** Asks by this query from now on: WeChat Pay has accepted the call that has it. */
  acceptWatch(watch: Pick<NewWatch, 'mchid' | 'kind' | 'number' | 'query'>): void
  /** Takes back one `watch`, whose call was refused or not made. Ends with the last: another call may have placed the same. */
  releaseWatch(watch: Pick<NewWatch, 'mchid' | 'kind' | 'number'>): void
  /**
   * Notes that one `watch`'s call ended in doubt. A call that is neither noted nor released counts as accepted, so that the many that
   * WeChat Pay accepts cost no write, and one whose maker died is not given up too early.
   */
  noteUnanswered(watch: Pick<NewWatch, 'mchid' | 'kind' | 'number'>): void
  /**
   * Ends a watch, because nothing more is to be heard of it.
   *
   * @param placedAt of the row that was queried: a watch that was placed anew meanwhile stays. Default: whenever it was placed
   */
  unwatch(mchid: string, kind: string, number: string, placedAt?: number): void
  /**
   * Takes on what is due: nobody else gets it until `leaseUntil`, when whoever took it is no more. What has been asked for a few
   * times only comes first, but for a quarter of the limit; and the kinds and callers take turns. So neither thousands of
   * abandoned orders nor one caller's keep another's fresh one from being asked for.
   */
  takeDue(mchid: string, limit: number, leaseUntil: number): WatchRow[]
  /** Notes that it is not over. @param dueAt when to ask again, ms; {@link NEVER} leaves that to {@link Watches.queryNow} */
  rescheduleQuery(id: number, dueAt: number, outcome?: QueryOutcome): void
  /** Lists the calls in doubt, the newest first. @param page `before`: the `id` where the page before ended */
  doubts(mchid: string, page: { before?: number; limit: number }): WatchRow[]
  /** Has a watch in doubt asked for at the next sweep. @returns false where there is none */
  queryNow(mchid: string, id: number): boolean
  /** Ends a watch in doubt, because somebody found out. @returns false where there is none */
  dismiss(mchid: string, id: number): boolean
}

export const WATCH_METHODS: LedgerMethods<Watches> = {
  watch: ONCE,
  acceptWatch: REPEATABLE,
  releaseWatch: ONCE,
  noteUnanswered: ONCE,
  unwatch: REPEATABLE,
  takeDue: ONCE_UNLESS_EMPTY,
  rescheduleQuery: ONCE,
  doubts: REPEATABLE,
  queryNow: REPEATABLE,
  dismiss: ONCE,
}

/** Times that a watch is asked for before it may wait for others: half an hour. */
const YOUNG_QUERIES = 3
/** The part of a sweep that is left to those that have been asked for more often. */
const OLD_SHARE = 0.25
/** Later than any clock shows. */
export const NEVER: number = Number.MAX_SAFE_INTEGER

const COLUMNS =
  'id, mchid, kind, number, query, placed_at, expires_at, queries, doubt_since, outcome, (seen or calls > unanswered) as accepted'
type Row = Omit<WatchRow, 'query'> & { readonly query: string }

export function createWatches(sql: Sql, now: () => number): Watches {
  /** The lanes of a merchant's, each found by the index: there are as many as kinds and callers, whatever waits in them. */
  const lanesOf = (mchid: string): string[] =>
    sql
      .run<{ name: string }>(
        `with recursive lanes (name) as (
           select (select min(lane) from watch where mchid = ?)
           union all
           select (select min(lane) from watch where mchid = ? and lane > lanes.name) from lanes where lanes.name is not null
         ) select name from lanes where name is not null`,
        mchid,
        mchid,
      )
      .map(({ name }) => name)

  const dueIn = (mchid: string, lane: string, limit: number): number[] =>
    sql
      .run<{ id: number }>(
        'select id from watch where mchid = ? and lane = ? and due_at <= ? order by due_at limit ?',
        ...[mchid, lane, now(), limit],
      )
      .map(({ id }) => id)

  const rowOf = (row: Row): WatchRow => ({ ...row, query: JSON.parse(row.query) })

  return {
    watch({ mchid, kind, number, query, caller = '', expiresAt = 0 }, dueAt) {
      const text = JSON.stringify(query)
      // An expiry of 0 is the latest of all.
      const [kept] = sql.run<{ query: string }>(
        `insert into watch (mchid, kind, number, query, placed_at, due_at, lane, expires_at)
         values (?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (mchid, kind, number) do update set
           calls = calls + 1, placed_at = excluded.placed_at,
           expires_at = case when 0 in (expires_at, excluded.expires_at) then 0 else max(expires_at, excluded.expires_at) end,
           due_at = case when due_at = ? then excluded.due_at else due_at end
         returning query`,
        ...[mchid, kind, number, text, now(), Math.round(dueAt)],
        ...[`${YOUNG}${kind}/${caller}`, Math.round(expiresAt), NEVER],
      )
      return kept?.query !== text
    },
    acceptWatch: ({ mchid, kind, number, query }) =>
      void sql.run(
        'update watch set query = ? where mchid = ? and kind = ? and number = ?',
        ...[JSON.stringify(query), mchid, kind, number],
      ),
    releaseWatch({ mchid, kind, number }) {
      const which = [mchid, kind, number]
      sql.run('update watch set calls = calls - 1 where mchid = ? and kind = ? and number = ?', ...which)
      sql.run('delete from watch where mchid = ? and kind = ? and number = ? and calls <= 0', ...which)
    },
    noteUnanswered: ({ mchid, kind, number }) =>
      void sql.run(
        'update watch set unanswered = unanswered + 1 where mchid = ? and kind = ? and number = ?',
        ...[mchid, kind, number],
      ),
    unwatch: (mchid, kind, number, placedAt) =>
      void sql.run(
        'delete from watch where mchid = ? and kind = ? and number = ? and placed_at = coalesce(?, placed_at)',
        ...[mchid, kind, number, placedAt ?? null],
      ),
    takeDue(mchid, limit, leaseUntil) {
      const names = lanesOf(mchid)
      // Another lane goes first each time: there may be more of them than the limit.
      const first = Math.floor(Math.random() * names.length)
      const lanes = [...names.slice(first), ...names.slice(0, first)]
      const due = (isYoung: boolean, most: number): number[] =>
        inTurns(
          lanes.filter(lane => lane.startsWith(YOUNG) === isYoung).map(lane => dueIn(mchid, lane, most)),
          most,
        )
      const old = due(false, limit)
      const reserved = Math.min(old.length, Math.ceil(limit * OLD_SHARE))
      const young = due(true, limit - reserved)
      const ids = [...young, ...old.slice(0, limit - young.length)]
      return sql
        .run<Row>(
          `update watch set due_at = ? where id in (select value from json_each(?)) returning ${COLUMNS}`,
          leaseUntil,
          JSON.stringify(ids),
        )
        .map(rowOf)
    },
    rescheduleQuery: (id, dueAt, { outcome = null, isDoubtful = false, isSeen = false, placedAt } = {}) =>
      void sql.run(
        `update watch set queries = queries + 1, due_at = ?, outcome = ?, seen = max(seen, ?),
           doubt_since = case when ? then coalesce(doubt_since, ?) end,
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
      ),
    doubts: (mchid, { before = NEVER, limit }) =>
      sql
        .run<Row>(
          `select ${COLUMNS} from watch where mchid = ? and doubt_since is not null and id < ? order by id desc limit ?`,
          ...[mchid, before, limit],
        )
        .map(rowOf),
    queryNow: (mchid, id) =>
      sql.run(
        'update watch set due_at = ? where mchid = ? and id = ? and doubt_since is not null returning id',
        now(),
        mchid,
        id,
      ).length > 0,
    dismiss: (mchid, id) =>
      sql.run('delete from watch where mchid = ? and id = ? and doubt_since is not null returning id', mchid, id)
        .length > 0,
  }
}

/** The beginning of a lane's name: whether its watches have been asked for a few times only. Kind and caller follow. */
const YOUNG = '0/'
const OLD = '1/'

/** Takes one of each list in turns. */
function inTurns(lists: readonly (readonly number[])[], limit: number): number[] {
  const taken: number[] = []
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  for (let at = 0; at < longest && taken.length < limit; at++)
    for (const list of lists) if (at < list.length && taken.length < limit) taken.push(list[at]!)
  return taken
}
