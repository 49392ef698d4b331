import type { Sql } from './sql.ts'

/** An order or a refund placed through the gateway, until something final is heard of it. */
export interface NewWatch {
  readonly mchid: string
  /** What it is, and so how to ask for it. */
  readonly kind: string
  /** `out_trade_no`, `out_refund_no`, `combine_out_trade_no`; of a sub-merchant's behind its number. */
  readonly number: string
  /** What it takes to ask for it beside the number: `{ sub_mchid: '…' }`. */
  readonly query: Readonly<Record<string, string>>
}

export interface WatchRow extends NewWatch {
  readonly id: number
  readonly placed_at: number
  /** How often it was asked for. */
  readonly looks: number
}

export interface Watches {
  /** Begins to watch for a call; who is watched already goes on being so. @param dueAt when to look first */
  watch(watch: NewWatch, dueAt: number): void
  /** Takes back one `watch`, whose call was refused or not made. Ends with the last: another call may have placed the same. */
  releaseWatch(watch: Pick<NewWatch, 'mchid' | 'kind' | 'number'>): void
  /** Nothing more is to be heard of it. */
  unwatch(mchid: string, kind: string, number: string): void
  /** Takes on what is due: nobody else gets it until `leaseUntil`, when whoever took it is no more. */
  takeDue(mchid: string, limit: number, leaseUntil: number): WatchRow[]
  /** It is not over: look again. */
  lookAgain(id: number, dueAt: number): void
}

export function createWatches(sql: Sql, now: () => number): Watches {
  return {
    watch: ({ mchid, kind, number, query }, dueAt) =>
      void sql.run(
        `insert into watch (mchid, kind, number, query, placed_at, due_at) values (?, ?, ?, ?, ?, ?)
         on conflict (mchid, kind, number) do update set calls = calls + 1`,
        ...[mchid, kind, number, JSON.stringify(query), now(), Math.round(dueAt)],
      ),
    releaseWatch({ mchid, kind, number }) {
      const which = [mchid, kind, number]
      sql.run('update watch set calls = calls - 1 where mchid = ? and kind = ? and number = ?', ...which)
      sql.run('delete from watch where mchid = ? and kind = ? and number = ? and calls <= 0', ...which)
    },
    unwatch: (mchid, kind, number) =>
      void sql.run('delete from watch where mchid = ? and kind = ? and number = ?', mchid, kind, number),
    takeDue: (mchid, limit, leaseUntil) =>
      sql
        .run<Omit<WatchRow, 'query'> & { query: string }>(
          `update watch set due_at = ? where id in (
             select id from watch where mchid = ? and due_at <= ? order by due_at limit ?)
           returning id, mchid, kind, number, query, placed_at, looks`,
          ...[leaseUntil, mchid, now(), limit],
        )
        .map(row => ({ ...row, query: JSON.parse(row.query) })),
    lookAgain: (id, dueAt) =>
      void sql.run('update watch set looks = looks + 1, due_at = ? where id = ?', Math.round(dueAt), id),
  }
}
