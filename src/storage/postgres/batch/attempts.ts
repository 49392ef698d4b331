import type { RecordedAttempt } from '../../../gateway/store/delivery/attempts.ts'
import { MIN_QUEUE_TIME } from '../../../gateway/store/delivery/queued.ts'
import { HOLDING_ATTEMPTS } from '../../../gateway/store/delivery/row.ts'
import type { StoreContext } from '../../../gateway/store/dialect.ts'
import { runLast } from '../../../gateway/store/sql.ts'
import { type Batch, rowsOf, runOnce } from './batch.ts'
import { HAS_NO_CIRCUIT } from './circuit.ts'

/**
 * Does for attempts that have delivered their events what `recordAttempt` does for one. A delivery whose state is another one than the
 * attempt has found, or whose endpoint has a circuit, is left out: none of these attempts changes a circuit.
 */
const RECORD = `with item as materialized (
    select * from json_to_recordset(?::json) as item(
      place int, id bigint, tries bigint, at bigint, ms bigint, status bigint, error text, detail text)
  ), delivered as (
    update delivery set tries = delivery.tries + 1, state = 'delivered', ended_at = ?, leased_until = 0
    from item
    where delivery.id = any (array(select id from item)) and item.id = delivery.id
      and delivery.state = 'pending' and delivery.tries = item.tries and ${HAS_NO_CIRCUIT}
    returning item.place, delivery.id, delivery.mchid, delivery.endpoint, delivery.subject
  ), attempted as (
    insert into attempt (delivery, at, ms, status, error, detail)
    select item.id, at, ms, status, error, detail from item join delivered using (place) order by place
  ), unblocked as (
    select place, next.id from delivered, lateral (
      select delivery.id from delivery
      where delivery.mchid = delivered.mchid and delivery.endpoint = delivered.endpoint
        and delivery.subject = delivered.subject and delivery.state = 'pending' and delivery.tries < ${HOLDING_ATTEMPTS}
        and delivery.id <> all (array(select id from delivered))
      order by delivery.created_at, delivery.id limit 1
    ) as next
  ), queued as (
    update delivery set queued_until = ?
    where id = any (array(
      select id from delivery where id = any (array(select id from unblocked)) order by id for update skip locked))
  )
  insert into carried_out (id, result)
  select ?, json_build_object('value', coalesce(json_agg(json_build_array(place, json_build_object('unblocked',
    coalesce((select json_agg(unblocked.id) from unblocked where unblocked.place = delivered.place), '[]')))), '[]'))
  from delivered
  returning result`

/** Creates the batch that records attempts which have delivered their events. */
export function createAttemptBatch({ now }: Pick<StoreContext, 'now'>): Batch<'recordAttempt'> {
  return {
    accepts: (_, { result, isOutage }) => result === 'delivered' && isOutage === false,
    sizeOf: (_, { detail = '' }) => detail.length,
    *together(calls, batchRun) {
      const rows = calls.map(([id, { tries, at, ms, status, error, detail }], place) => ({
        place,
        id,
        tries,
        at,
        ms: Math.round(ms),
        status: status ?? null,
        error: error ?? null,
        detail: detail ?? null,
      }))
      const at = now()
      return yield* runOnce<RecordedAttempt>(calls.length, batchRun, () =>
        runLast<{ result: string }>(RECORD, rowsOf(rows), at, at + MIN_QUEUE_TIME, batchRun.id),
      )
    },
  }
}
