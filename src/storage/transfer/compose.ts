import type { Sql } from '../../gateway/store/sql.ts'
import type { TableName } from '../../gateway/store/table-keys.ts'
import { TABLES } from './tables.ts'

/**
 * Composes one ledger of the rows that a draft has gathered from many shards. Each shard numbers its rows from 1 on, so that all rows get
 * new numbers, in the order of time; within a shard they keep their order, in which the deliveries of a subject must be made. Everything
 * happens in SQL, because the rows of a ledger may not fit into memory.
 */
export function composeLedger(sql: Pick<Sql, 'run'>): void {
  for (const { name } of TABLES) sql.run(`delete from ${name}`)
  for (const statement of STATEMENTS) sql.run(statement)
}

/** Lists the columns of a table, some of them replaced by SQL. */
function columnsOf(table: TableName, replaced: Readonly<Record<string, string>> = {}): { into: string; from: string } {
  const columns = Object.keys(TABLES.find(({ name }) => name === table)!.columns)
  return {
    into: `${table} (${columns.map(quoted).join(', ')})`,
    from: columns.map(column => replaced[column] ?? `line.${quoted(column)}`).join(', '),
  }
}

const quoted = (column: string): string => `"${column}"`

/**
 * Creates the table with the new number of each row.
 *
 * @param from SQL: selects `origin`, `old` (the number in the shard) and `at`, which must not fall within a shard
 */
const numbering = (table: TableName, from: string): readonly string[] => [
  `drop table if exists number_${table}`,
  `create table number_${table} (origin, old, number, primary key (origin, old)) without rowid`,
  `insert into number_${table}
   select origin, old, row_number() over (order by at, origin, old) from (${from})`,
]

/** SQL: numbers the rows of a table by a time, which is that of a row before where the clock was set back. */
const byTime = (table: TableName, key: string, time: string): readonly string[] =>
  numbering(
    table,
    `select origin, ${key} as old, max(${time}) over (partition by origin order by ${key}) as at from gathered_${table}`,
  )

/** SQL: the new number of a delivery that a circuit names; null if it does not exist any more. */
const renumbered = (column: string): string =>
  `(select number from number_delivery as new where new.origin = line.origin and new.old = line."${column}")`

const EVENT = columnsOf('event', {
  seq: 'new.number',
  // Two shards have recorded the same occurrence, one from a notification and one from a query (`recordEvent` of the shards).
  dedupe_key:
    'case when row_number() over (partition by mchid, dedupe_key order by new.number) = 1 then dedupe_key end',
})
const DELIVERY = columnsOf('delivery', { id: 'new.number', seq: 'event.number' })
const ATTEMPT = columnsOf('attempt', { delivery: 'new.number' })
const CALL = columnsOf('call', { seq: 'new.number' })
const WATCH = columnsOf('watch', { id: 'new.number' })
const CIRCUIT = columnsOf('circuit', { last: renumbered('last'), probe: renumbered('probe') })

const STATEMENTS: readonly string[] = [
  ...byTime('event', 'seq', 'received_at'),
  `insert into ${EVENT.into} select ${EVENT.from}
   from gathered_event as line join number_event as new on new.origin = line.origin and new.old = line.seq
   order by new.number`,

  // Not of events that were recorded after those were read.
  ...numbering(
    'delivery',
    `select line.origin, line.id as old, max(event.number) over (partition by line.origin order by line.id) as at
     from gathered_delivery as line join number_event as event on event.origin = line.origin and event.old = line.seq`,
  ),
  `insert into ${DELIVERY.into} select ${DELIVERY.from}
   from gathered_delivery as line
     join number_delivery as new on new.origin = line.origin and new.old = line.id
     join number_event as event on event.origin = line.origin and event.old = line.seq
   order by new.number`,
  `insert into ${ATTEMPT.into} select ${ATTEMPT.from}
   from gathered_attempt as line join number_delivery as new on new.origin = line.origin and new.old = line.delivery
   order by line.origin, line.number`,

  ...byTime('call', 'seq', 'at'),
  `insert into ${CALL.into} select ${CALL.from}
   from gathered_call as line join number_call as new on new.origin = line.origin and new.old = line.seq
   order by new.number`,

  // The last of those with one number: a call may place it again after the watch has ended.
  ...byTime('watch', 'id', 'placed_at'),
  `insert into ${WATCH.into} select ${WATCH.from}
   from (
     select *, row_number() over (partition by mchid, kind, number order by placed_at desc, id desc) as age from gathered_watch
   ) as line join number_watch as new on new.origin = line.origin and new.old = line.id
   where age = 1 order by new.number`,

  // Each shard learns for itself that an endpoint does not respond: the one that waits longest knows most.
  `insert into ${CIRCUIT.into} select ${CIRCUIT.from}
   from (
     select *, row_number() over (partition by mchid, endpoint order by opens desc, retry_at, origin) as place
     from gathered_circuit
   ) as line where place = 1`,
  'insert into counter (name, labels, value) select name, labels, sum(value) from gathered_counter group by name, labels',
  // A fault is recorded in all shards, and a success clears it in one.
  `insert into fault (mchid, kind, code, at)
   select mchid, kind, code, max(at) from gathered_fault join sources on sources.number = origin
   group by ledger, mchid, kind having count(*) = (select count(*) from sources as shards where shards.ledger = sources.ledger)`,
  // Each shard has a share of the tokens.
  'insert into rate_bucket (caller, tokens, at) select caller, sum(tokens), max(at) from gathered_rate_bucket group by caller',
  'insert into sweep_run (id, at) select id, max(at) from gathered_sweep_run group by id',
]
