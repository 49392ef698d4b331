import { MAX_RETRY_DELAY } from '../../gateway/delivery/backoff.ts'
import { CALL_LEASE } from '../../gateway/store/call/calls.ts'
import { FAULT_KINDS } from '../../gateway/store/call/faults.ts'
import { MAX_PAUSE } from '../../gateway/store/delivery/circuits.ts'
import { LEASE } from '../../gateway/store/delivery/claims.ts'
import { MAX_QUEUE_TIME } from '../../gateway/store/delivery/queued.ts'
import type { DeliveryState } from '../../gateway/store/delivery/row.ts'
import { type EventSource, type NewEvent, WEBHOOK_ID } from '../../gateway/store/event/events.ts'
import { run, type SqlRow, type SqlValue, type Work } from '../../gateway/store/sql.ts'
import { TABLE_KEYS, type TableName } from '../../gateway/store/table-keys.ts'
import { MAX_QUERY_DELAY } from '../../gateway/sweep/watch.ts'
import {
  CLOCK_TIME,
  CODE,
  COUNT,
  type Column,
  DURATION,
  FEN,
  JSON_OBJECT,
  json,
  KEPT_RESPONSE,
  knownWord,
  LABELS,
  matching,
  oneOf,
  optional,
  PLACINGS,
  ROW,
  SUM,
  TEXT,
  TIME,
  TOKENS,
  TRACEPARENT,
  TRANSMISSIONS,
  waiting,
  waitingOrNever,
} from './columns.ts'

/** A table of the ledger, as an export contains it: the same for every storage. */
export interface Table {
  readonly name: TableName
  readonly columns: Readonly<Record<string, Column>>
  /** The columns by which rows are ordered, and which no two rows share. */
  readonly key: readonly string[]
  /** SQL in place of the name, where rows are composed: the sums of a counter may be divided. */
  readonly source?: string
  /** The column with the number of a row of another table, which stands before this one. */
  readonly refersTo?: { readonly table: string; readonly column: string }
}

/** The name of a metric of Prometheus. */
const METRIC = matching(/^[a-zA-Z_:][\w:]*$/, 'the name of a metric')

const COUNTERS = '(select name, labels, sum(value) as value from counter group by name, labels) as counter'

/**
 * The tables of an export, each after those that its rows name. Left out is what another storage makes itself: the index of numbers,
 * the time that a ledger has seen, results of calls in progress, and probes.
 */
export const TABLES: readonly Table[] = [
  {
    name: 'event',
    columns: {
      seq: ROW,
      mchid: TEXT,
      id: TEXT,
      api: oneOf<NewEvent['api']>('v2', 'v3', 'brand'),
      event: TEXT,
      resource: json('a resource', () => true),
      subject: optional(TEXT),
      dedupe_key: optional(TEXT),
      source: oneOf<EventSource>('notification', 'query'),
      created_at: TIME,
      received_at: CLOCK_TIME,
      repeats: COUNT,
      nonces: TRANSMISSIONS,
      webhook_id: matching(WEBHOOK_ID, 'evt_ and at most 64 letters, digits and underscores'),
      retained_since: CLOCK_TIME,
      traceparent: optional(TRACEPARENT),
    },
    key: TABLE_KEYS.event,
  },
  {
    name: 'delivery',
    columns: {
      id: ROW,
      seq: ROW,
      mchid: TEXT,
      endpoint: TEXT,
      subject: optional(TEXT),
      created_at: TIME,
      state: oneOf<DeliveryState>('pending', 'asking', 'delivered', 'dead'),
      tries: COUNT,
      due_at: waiting(MAX_RETRY_DELAY),
      leased_until: waiting(LEASE),
      leased_by: optional(TEXT),
      queued_until: waiting(MAX_QUEUE_TIME),
      ended_at: optional(CLOCK_TIME),
    },
    key: TABLE_KEYS.delivery,
    refersTo: { table: 'event', column: 'seq' },
  },
  {
    name: 'attempt',
    columns: {
      delivery: ROW,
      at: CLOCK_TIME,
      ms: DURATION,
      status: optional(COUNT),
      error: optional(TEXT),
      detail: optional(TEXT),
    },
    key: TABLE_KEYS.attempt,
  },
  {
    name: 'call',
    columns: {
      seq: ROW,
      id: TEXT,
      at: CLOCK_TIME,
      caller: TEXT,
      mchid: TEXT,
      method: TEXT,
      path: TEXT,
      numbers: JSON_OBJECT,
      amount: optional(FEN),
      key: optional(TEXT),
      hash: optional(TEXT),
      leased_until: waiting(CALL_LEASE),
      ended_at: optional(CLOCK_TIME),
      status: optional(COUNT),
      code: optional(TEXT),
      wechatpay_request_id: optional(TEXT),
      in_doubt: COUNT,
      response: optional(KEPT_RESPONSE),
      follows_doubt: COUNT,
    },
    key: TABLE_KEYS.call,
  },
  {
    name: 'watch',
    columns: {
      id: ROW,
      mchid: TEXT,
      kind: TEXT,
      number: TEXT,
      query: JSON_OBJECT,
      placed_at: CLOCK_TIME,
      due_at: waitingOrNever(MAX_QUERY_DELAY),
      queries: COUNT,
      calls: COUNT,
      lane: TEXT,
      expires_at: TIME,
      doubt_since: optional(CLOCK_TIME),
      outcome: optional(TEXT),
      unanswered: COUNT,
      seen: COUNT,
      placings: optional(PLACINGS),
    },
    key: TABLE_KEYS.watch,
  },
  {
    name: 'circuit',
    columns: {
      mchid: TEXT,
      endpoint: TEXT,
      failures: COUNT,
      since: CLOCK_TIME,
      opens: COUNT,
      opened_at: CLOCK_TIME,
      retry_at: waiting(MAX_PAUSE),
      last: optional(ROW),
      probe: optional(ROW),
    },
    key: TABLE_KEYS.circuit,
  },
  {
    name: 'counter',
    columns: { name: METRIC, labels: LABELS, value: SUM },
    key: TABLE_KEYS.counter,
    source: COUNTERS,
  },
  {
    name: 'fault',
    columns: { mchid: TEXT, kind: knownWord(...FAULT_KINDS), code: CODE, at: CLOCK_TIME },
    key: TABLE_KEYS.fault,
  },
  { name: 'rate_bucket', columns: { caller: TEXT, tokens: TOKENS, at: waiting(0) }, key: TABLE_KEYS.rate_bucket },
  { name: 'sweep_run', columns: { id: ROW, at: waiting(0) }, key: TABLE_KEYS.sweep_run },
]

/** Rows of a page. */
export const PAGE = 100

/** The differences between storages beyond the dialect of the store. */
export interface TransferDialect {
  /** The column of `attempt` that grows with each row. */
  readonly attemptOrder: string
  /** A statement that has a row if there is a table of the name that is its value. */
  readonly findTable: string
  /** Ends a `select` whose rows nobody else may change until the end of the transaction. */
  readonly forUpdate: string
  /** The number of values (`?`) that a statement may have. */
  readonly maxValues: number
  /** Columns that this storage has in addition, with their values. */
  readonly additions: Readonly<Record<string, Readonly<Record<string, SqlValue>>>>
  /** Makes the numbers of new rows follow those of imported ones. */
  readonly continueNumbers: () => Work<void>
}

/**
 * Reads the rows that follow a key.
 *
 * @param after the key of the last row that was read; undefined for the first page
 * @returns the rows with the columns of the table, and the key of the last one
 */
export function* readPage(
  table: Table,
  after: readonly SqlValue[] | undefined,
  { attemptOrder }: TransferDialect,
): Work<{ readonly rows: readonly SqlRow[]; readonly last: readonly SqlValue[] | undefined }> {
  const { name, source = name } = table
  const columns = Object.keys(table.columns)
  const key = table.key.map(column => (column === 'number' ? attemptOrder : column))
  const keys = key.map((column, at) => `${column} as key_${at}`)
  const where = after ? `where (${key.join(', ')}) > (${key.map(() => '?').join(', ')})` : ''
  const rows = yield* run<SqlRow>(
    `select ${[...columns.map(quoted), ...keys].join(', ')} from ${source} ${where} order by ${key.join(', ')} limit ${PAGE}`,
    ...(after ?? []),
  )
  const last = rows.at(-1)
  return {
    rows: rows.map(row => Object.fromEntries(columns.map(column => [column, row[column] ?? null]))),
    last: last && key.map((_, at) => last[`key_${at}`]!),
  }
}

/** Inserts rows, in as many statements as their values require. */
export function* insertRows(
  table: Table,
  rows: readonly SqlRow[],
  { additions, maxValues }: TransferDialect,
): Work<void> {
  const { name } = table
  const columns = Object.keys(table.columns)
  const added = Object.entries(additions[name] ?? {})
  const names = [...columns, ...added.map(([column]) => column)]
  const place = `(${names.map(() => '?').join(', ')})`
  const rowsAtOnce = Math.floor(maxValues / names.length)
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const part = rows.slice(start, start + rowsAtOnce)
    const values = part.flatMap(row => [
      ...columns.map(column => row[column] ?? null),
      ...added.map(([, value]) => value),
    ])
    yield* run(
      `insert into ${name} (${names.map(quoted).join(', ')}) values ${part.map(() => place).join(', ')}`,
      ...values,
    )
  }
}

/** `key`, `at`, `value` and others are words of SQL in some database. */
const quoted = (column: string): string => `"${column}"`
