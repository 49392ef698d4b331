import pg from 'pg'
import type { LedgerContents } from './ledger.ts'

/** A ledger in PostgreSQL, read by SQL over a connection of its own. */
export interface PostgresReader {
  readonly read: () => Promise<LedgerContents>
  /** Deliveries that are neither made nor given up. */
  readonly pending: () => Promise<number>
  readonly close: () => Promise<void>
}

export async function openPostgresReader(url: string, schema: string): Promise<PostgresReader> {
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` })
  client.on('error', () => {})
  await client.connect()
  const rows = async <Row>(statement: string): Promise<Row[]> => (await client.query(statement)).rows as Row[]
  const count = async (statement: string): Promise<number> => Number((await rows<{ n: string }>(statement))[0]!.n)
  const byName = async (statement: string): Promise<Record<string, number>> =>
    Object.fromEntries((await rows<{ name: string; n: string }>(statement)).map(({ name, n }) => [name, Number(n)]))
  const counter = (name: string) =>
    byName(`select labels::json ->> 'outcome' as name, sum(value) as n from counter where name = '${name}' group by 1`)
  return {
    pending: () => count("select count(*) as n from delivery where state = 'pending'"),
    async read() {
      return {
        events: (await rows<{ id: string }>('select id from event order by id collate "C"')).map(({ id }) => id),
        repeats: await count('select sum(repeats) as n from event'),
        deliveries: await byName('select state as name, count(*) as n from delivery group by state'),
        odd: await count(
          'select count(*) as n from event where (select count(*) from delivery where delivery.seq = event.seq) <> 1',
        ),
        notifications: await counter('wechatpay_edge_notifications_total'),
        attempts: await counter('wechatpay_edge_deliveries_total'),
      }
    },
    close: () => client.end(),
  }
}
