import { DatabaseSync } from 'node:sqlite'

/** The contents of a ledger's file, read by SQL after its gateway has ended. */
export interface LedgerContents {
  /** WeChat Pay's id of each row, in order. */
  readonly events: readonly string[]
  readonly repeats: number
  /** How many, by state. */
  readonly deliveries: Readonly<Record<string, number>>
  /** Deliveries of events that have none, or more than one. */
  readonly odd: number
  /** `wechatpay_edge_notifications_total`, by outcome. */
  readonly notifications: Readonly<Record<string, number>>
  /** `wechatpay_edge_deliveries_total`, by outcome. */
  readonly attempts: Readonly<Record<string, number>>
}

export function readLedger(path: string): LedgerContents {
  const database = new DatabaseSync(path)
  try {
    const rows = <Row>(statement: string) => database.prepare(statement).all() as Row[]
    const byName = (statement: string) =>
      Object.fromEntries(rows<{ name: string; n: number }>(statement).map(({ name, n }) => [name, n]))
    const counter = (name: string) =>
      byName(`select labels ->> 'outcome' as name, sum(value) as n from counter where name = '${name}' group by 1`)
    return {
      events: rows<{ id: string }>('select id from event order by id').map(({ id }) => id),
      repeats: rows<{ n: number }>('select sum(repeats) as n from event')[0]!.n,
      deliveries: byName('select state as name, count(*) as n from delivery group by state'),
      odd: rows<{ n: number }>(
        'select count(*) as n from event where (select count(*) from delivery where delivery.seq = event.seq) <> 1',
      )[0]!.n,
      notifications: counter('wechatpay_edge_notifications_total'),
      attempts: counter('wechatpay_edge_deliveries_total'),
    }
  } finally {
    database.close()
  }
}
