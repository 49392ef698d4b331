import { MIN_QUEUE_TIME } from '../../../gateway/store/delivery/queued.ts'
import type { StoreContext } from '../../../gateway/store/dialect.ts'
import {
  addTransmission,
  createWebhookId,
  type NewEvent,
  type RecordResult,
} from '../../../gateway/store/event/events.ts'
import { runLast, type Work } from '../../../gateway/store/sql.ts'
import { storableNumbersIn } from '../numbers.ts'
import { type Batch, rowsOf, runOnce } from './batch.ts'

/**
 * Does for new events what `recordEvent` does for one. An event whose id or dedupe key exists is left out. Events are inserted in the
 * order of their ids, so that two processes that receive the same ones do not wait for each other, and deliveries in the order in which
 * the events have arrived.
 *
 * The planner expects 100 rows of each JSON array, so that a join of a large table with them could read all of it. Arrays and `limit`
 * make it use the indexes.
 */
const RECORD = `with item as materialized (
    select * from json_to_recordset(?::json) as item(
      place int, webhook_id text, mchid text, id text, api text, event text, resource text, subject text, dedupe_key text,
      source text, created_at bigint, received_at bigint, nonces text, traceparent text,
      numbers json, endpoints json, settles json)
  ), added as (
    insert into event (webhook_id, mchid, id, api, event, resource, subject, dedupe_key, source, created_at,
      received_at, retained_since, nonces, traceparent)
    select webhook_id, mchid, id, api, event, resource, subject, dedupe_key, source, created_at,
      received_at, received_at, nonces, traceparent
    from item order by mchid collate "C", id collate "C", place
    on conflict do nothing returning seq, webhook_id
  ), recorded as (
    select added.seq, item.* from added join item using (webhook_id)
  ), numbered as (
    insert into event_number (mchid, number, seq)
    select mchid, number, seq from recorded, json_array_elements_text(numbers) as number on conflict do nothing
  ), enqueued as (
    insert into delivery (seq, mchid, endpoint, subject, created_at, state, due_at, queued_until)
    select seq, mchid, endpoint, subject, created_at, 'pending', received_at, received_at + ${MIN_QUEUE_TIME}
    from recorded, json_array_elements_text(endpoints) with ordinality as target(endpoint, nth)
    order by place, nth
    returning id, seq
  ), settled as (
    delete from watch where id = any (array(
      select found.id from recorded, json_to_recordset(settles) as ended(kind text, number text),
        lateral (
          select watch.id from watch
          where watch.mchid = recorded.mchid and watch.kind = ended.kind and watch.number = ended.number limit 1
        ) as found))
  ), cleared as (
    delete from fault
    where kind = ? and mchid in (select mchid from recorded where api = 'v3' and source = 'notification')
  )
  insert into carried_out (id, result)
  select ?, json_build_object('value', coalesce(json_agg(json_build_array(place, json_build_object(
    'outcome', ?::text, 'seq', seq, 'deliveries',
    coalesce((select json_agg(id order by id) from enqueued where enqueued.seq = recorded.seq), '[]')))), '[]'))
  from recorded
  returning result`

/** Creates the batch that records events. */
export function createEventBatch({ now, order }: Pick<StoreContext, 'now' | 'order'>): Batch<'recordEvent'> {
  const rowOf = ([event]: readonly [NewEvent], place: number) => ({
    place,
    webhook_id: createWebhookId(now()),
    mchid: event.mchid,
    id: event.id,
    api: event.api,
    event: event.event,
    resource: event.resource,
    subject: event.subject,
    dedupe_key: event.dedupeKey,
    source: event.source,
    created_at: event.createdAt,
    received_at: now(),
    nonces: JSON.stringify(addTransmission([], event.nonce, now())),
    traceparent: event.traceparent ?? null,
    numbers: storableNumbersIn(event.resource),
    endpoints: event.endpoints,
    settles: event.settles ?? [],
  })

  return {
    // The response to a question needs its row, and an event that can occur again is compared with the earlier ones first.
    accepts: ({ isQuestion, occurredSince }) => !isQuestion && occurredSince === undefined,
    sizeOf: ({ resource }) => resource.length,
    *together(calls, batchRun) {
      return yield* runOnce<RecordResult>(calls.length, batchRun, function* (): Work<{ result: string }[]> {
        if (order) yield* order.begin()
        return yield* runLast(RECORD, rowsOf(calls.map(rowOf)), 'notifications', batchRun.id, 'recorded')
      })
    },
  }
}
