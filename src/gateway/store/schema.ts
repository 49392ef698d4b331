import { NUMBER_INDEX } from './event/numbers.ts'
import type { LedgerError } from './ledger-error.ts'
import { LAYOUT_TABLE } from './shards/layout-store.ts'
import type { Sql } from './sql.ts'
import { refusalOfWrites, type StoredVersion } from './stored-version.ts'

/** A step of the migration. */
export interface Step {
  /**
   * The lowest number of steps of a program whose reads (`worksReadOnly`) are right on the tables of this step too. That of the step before,
   * if this step only adds; that of this step, if it renames, removes or gives another meaning to what is read.
   */
  readonly readableFrom: number
  readonly statements: readonly string[]
}

/** The steps of programs that refuse every ledger of a newer version. */
const FIRST_STEPS: readonly (readonly string[])[] = [
  [
    // One row per event, however often it was notified, or found by queries.
    `create table event (
      seq integer primary key,
      mchid text not null,
      id text not null,
      api text not null,
      event text not null,
      resource text not null,
      subject text,
      fact text,
      source text not null,
      created_at integer not null,
      received_at integer not null,
      repeats integer not null default 0,
      nonces text not null,
      unique (mchid, id)
    )`,
    // The same event from a notification and from a query has one row.
    'create unique index event_fact on event (mchid, fact) where fact is not null',
    // One row per event and endpoint.
    `create table delivery (
      id integer primary key,
      seq integer not null,
      mchid text not null,
      endpoint text not null,
      subject text,
      created_at integer not null,
      state text not null,
      tries integer not null default 0,
      due_at integer not null,
      leased_until integer not null default 0,
      ended_at integer
    )`,
    "create index delivery_due on delivery (mchid, due_at) where state = 'pending'",
    `create index delivery_order on delivery (mchid, endpoint, subject, created_at, id)
      where state = 'pending' and subject is not null`,
    'create index delivery_event on delivery (seq)',
    "create index delivery_dead on delivery (mchid, id) where state = 'dead'",
    `create table attempt (
      delivery integer not null,
      at integer not null,
      ms integer not null,
      status integer,
      error text,
      detail text
    )`,
    'create index attempt_delivery on attempt (delivery)',
    // The audit trail, with the responses that are replayed for an Idempotency-Key.
    `create table call (
      id text primary key,
      at integer not null,
      caller text not null,
      mchid text not null,
      method text not null,
      path text not null,
      numbers text not null,
      amount integer,
      key text,
      hash text,
      ended_at integer,
      status integer,
      code text,
      wechatpay_request_id text,
      in_doubt integer not null default 0,
      answer text
    )`,
    'create unique index call_key on call (caller, key) where key is not null',
    'create index call_at on call (caller, at)',
    // Orders and refunds whose final state is unknown.
    `create table watch (
      id integer primary key,
      mchid text not null,
      kind text not null,
      number text not null,
      query text not null,
      placed_at integer not null,
      due_at integer not null,
      looks integer not null default 0,
      unique (mchid, kind, number)
    )`,
    'create index watch_due on watch (mchid, due_at)',
    `create table counter (
      name text not null,
      labels text not null,
      value real not null,
      primary key (name, labels)
    )`,
  ],
  [
    // `webhook-id`. An event that was already sent keeps the id that its endpoints have seen.
    "alter table event add column webhook_id text not null default ''",
    `update event set webhook_id = case
      when exists (
        select 1 from delivery where delivery.seq = event.seq and (
          tries > 0 or leased_until > 0 or exists (select 1 from attempt where attempt.delivery = delivery.id)))
      then 'evt_' || mchid || '_' || seq
      else 'evt_' || lower(hex(randomblob(16))) end`,
    'create index event_webhook on event (webhook_id)',
    // The transmissions of an event: pairs of a nonce and the time until which it is remembered.
    `update event set nonces = (
      select json_group_array(json_array(value, (cast(strftime('%s', 'now') as integer) + 900) * 1000))
      from json_each(nonces))`,
    // Retention counts from this time: when the event was received, or when a purge last found a delivery that keeps it.
    'alter table event add column retained_since integer not null default 0',
    'update event set retained_since = received_at',
    'create index event_retained on event (retained_since)',
    // Deliveries that hold others back (`HOLDING_ATTEMPTS`), so that the first one is found without reading those that no longer do.
    'drop index delivery_order',
    `create index delivery_holding on delivery (mchid, endpoint, subject, created_at, id)
      where state = 'pending' and subject is not null and tries < 7`,
    // The number of calls that placed the watched order, without those that WeChat Pay refused.
    'alter table watch add column calls integer not null default 1',
    // The audit trail again, numbered in the order in which calls began, with the lease of a call that has an Idempotency-Key.
    'alter table call rename to call_1',
    'drop index call_key',
    'drop index call_at',
    `create table call (
      seq integer primary key,
      id text not null unique,
      at integer not null,
      caller text not null,
      mchid text not null,
      method text not null,
      path text not null,
      numbers text not null,
      amount integer,
      key text,
      hash text,
      leased_until integer not null default 0,
      ended_at integer,
      status integer,
      code text,
      wechatpay_request_id text,
      in_doubt integer not null default 0,
      answer text
    )`,
    `insert into call (id, at, caller, mchid, method, path, numbers, amount, key, hash, leased_until, ended_at, status, code,
        wechatpay_request_id, in_doubt, answer)
      select id, at, caller, mchid, method, path, numbers, amount, key, hash,
        case when key is not null and ended_at is null then at + 60000 else 0 end, ended_at, status, code,
        wechatpay_request_id, in_doubt, answer
      from call_1 order by at, rowid`,
    'drop table call_1',
    'create unique index call_key on call (caller, key) where key is not null',
    'create index call_caller on call (caller)',
    'create index call_at on call (at)',
    'create index call_key_at on call (at) where key is not null',
    'create index call_lease on call (leased_until) where leased_until > 0',
    // The latest time that the ledger has seen: an earlier time means that the clock was set back.
    'create table clock (at integer not null)',
  ],
  [
    // Covers the queries for due deliveries per endpoint and for the number of pending ones.
    'drop index delivery_due',
    "create index delivery_due on delivery (mchid, endpoint, due_at, seq) where state = 'pending'",
    // Endpoints whose attempts have failed in a row. If `opens` is above 0, nothing is sent to them before `retry_at`.
    `create table circuit (
      mchid text not null,
      endpoint text not null,
      failures integer not null,
      since integer not null,
      opens integer not null default 0,
      opened_at integer not null default 0,
      retry_at integer not null default 0,
      last integer,
      probe integer,
      primary key (mchid, endpoint)
    )`,
    // Rewritten by health checks, to test whether the disk accepts writes.
    'create table write_probe (at integer not null)',
  ],
  [
    // The owner of a claimed delivery, which may claim it again.
    'alter table delivery add column leased_by text',
    // Results of calls, for a caller that repeats a call because the result was lost.
    'create table carried_out (id text primary key, result text not null) without rowid',
  ],
  [
    // A sweep takes watches from each lane in turn. A lane is named by age (few or many queries), kind and caller.
    "alter table watch add column lane text not null default ''",
    "update watch set lane = (case when looks < 3 then '0/' else '1/' end) || kind || '/'",
    'drop index watch_due',
    'create index watch_due on watch (mchid, lane, due_at)',
    'alter table watch add column expires_at integer not null default 0',
    // The time since when the outcome of the call is unknown.
    'alter table watch add column doubt_since integer',
    'alter table watch add column outcome text',
    'create index watch_doubt on watch (mchid, id) where doubt_since is not null',
    // Profit-sharing events that were mistaken for payments. Without a dedupe key they cannot suppress the payment's own event.
    `update event set event = 'PROFITSHARING.CHANGE', fact = null
      where api = 'v3' and event = 'TRANSACTION.SUCCESS' and json_extract(resource, '$.order_id') is not null
        and json_extract(resource, '$.trade_state') is null and json_extract(resource, '$.sub_orders') is null`,
  ],
  [
    // The time until which the outbox is assumed to have a delivery. The sweep enqueues it after that.
    'alter table delivery add column queued_until integer not null default 0',
  ],
  [
    // 1 for a call that repeats a call in doubt, under the same Idempotency-Key: its refusal says nothing about the first call.
    'alter table call add column follows_doubt integer not null default 0',
  ],
  [
    // The number of a watch's calls that WeChat Pay did not respond to. If all did not, a query that finds nothing
    // proves that they had no effect.
    'alter table watch add column unanswered integer not null default 0',
    // 1 if the response to a query contained the order.
    'alter table watch add column seen integer not null default 0',
  ],
  [
    // Token buckets of callers that take longer to fill than an idle ledger stays in memory.
    'create table rate_bucket (caller text primary key, tokens real not null, at integer not null) without rowid',
  ],
  [
    // Renamed to match the code.
    'alter table event rename column fact to dedupe_key',
    'drop index event_fact',
    'create unique index event_dedupe_key on event (mchid, dedupe_key) where dedupe_key is not null',
    'alter table watch rename column looks to queries',
    'alter table call rename column answer to response',
  ],
  [
    // The last failure of a merchant's keys. A success deletes the row.
    'create table fault (mchid text, kind text, code text not null, at integer not null, primary key (mchid, kind)) without rowid',
    // The end of the last sweep.
    'create table sweep_run (id integer primary key, at integer not null)',
  ],
  [
    // The calls that have placed the watched order, without refused ones; null if there is only one.
    'alter table watch add column placings text',
    // The id of the call that was the last to add to a sum, so that a repetition adds nothing; it needs no row of its own.
    'alter table counter add column last_call text',
  ],
  // The numbers of orders, refunds and the like by which events are found.
  NUMBER_INDEX,
  // Continues the trace of a notification to its deliveries.
  ['alter table event add column traceparent text'],
  // The shards of which the ledger is one.
  [LAYOUT_TABLE],
  [
    // One row each, by a key. `setbacks` counts how often the clock was set back, so that each setback is dealt with once.
    'alter table clock rename to clock_before',
    'create table clock (id integer primary key, at integer not null, setbacks integer not null default 0)',
    'insert into clock (id, at) select 1, max(at) from clock_before having count(*) > 0',
    'drop table clock_before',
    'drop table write_probe',
    'create table write_probe (id integer primary key, at integer not null)',
  ],
  // The sums of counters at each minute of the last day, for the charts of the console.
  ['create table sample (slot integer primary key, at integer not null, totals text not null)'],
]

/** The first version that reads a ledger of a newer one. */
const READS_NEWER = FIRST_STEPS.length + 1

/**
 * The migrations. A ledger of an older version is migrated when it is opened. A released step is never changed; a new one is
 * appended. Times are milliseconds since 1970.
 */
export const STEPS: readonly Step[] = [
  ...FIRST_STEPS.map(statements => ({ readableFrom: READS_NEWER, statements })),
  {
    readableFrom: READS_NEWER,
    statements: [`alter table schema_version add column readable_from integer not null default ${READS_NEWER}`],
  },
]

/**
 * Migrates the tables to this version.
 *
 * @returns the error with which all writes must be refused, because a newer version has written the ledger; nothing was written then
 * @throws {LedgerError} `LEDGER_NEWER`: a newer version has written the ledger, which this one cannot read either
 */
export function migrate(sql: Sql, steps: readonly Step[] = STEPS): LedgerError | undefined {
  return sql.transaction(() => {
    sql.run('create table if not exists schema_version (version integer not null)')
    const stored = readVersion(sql)
    const version = stored?.version ?? 0
    // A Durable Object opens its ledger each time it wakes, and Cloudflare charges as much for one written row as for 1,000 read ones.
    if (version === steps.length) return undefined
    if (stored && version > steps.length) return refusalOfWrites(stored, 'the ledger', steps.length)
    for (const { statements } of steps.slice(version)) for (const statement of statements) sql.run(statement)
    sql.run('delete from schema_version')
    sql.run(
      'insert into schema_version (version, readable_from) values (?, ?)',
      steps.length,
      Math.max(...steps.map(({ readableFrom }) => readableFrom)),
    )
    return undefined
  })
}

/** Returns whether a newer version has written the ledger in a database. Writes nothing. */
export function isWrittenByNewer(sql: Pick<Sql, 'run'>): boolean {
  const [table] = sql.run("select 1 as found from sqlite_master where type = 'table' and name = 'schema_version'")
  return table !== undefined && (readVersion(sql)?.version ?? 0) > STEPS.length
}

/** A file has one process, and a Durable Object one instance: there is no older program that could go on writing. */
function readVersion(sql: Pick<Sql, 'run'>): StoredVersion | undefined {
  // Earlier versions have no column `readable_from`.
  const [row] = sql.run<{ version: number; readable_from?: number }>('select * from schema_version')
  return row && { version: row.version, writableFrom: row.version, readableFrom: row.readable_from ?? row.version }
}
