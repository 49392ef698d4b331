import { type Claim, LEASE } from '../../../gateway/store/delivery/claims.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, IS_BLOCKED } from '../../../gateway/store/delivery/row.ts'
import type { StoreContext } from '../../../gateway/store/dialect.ts'
import { EVENT_COLUMNS, type EventRow } from '../../../gateway/store/event/events.ts'
import { runLast, type SqlRow } from '../../../gateway/store/sql.ts'
import { type Batch, placedIn, rowsOf } from './batch.ts'
import { CIRCUIT_OPENS } from './circuit.ts'

/** An event's columns have this before their names, beside those of its delivery. */
const PREFIX = 'event_'
const columnsOf = (table: string, columns: string, prefix = ''): string =>
  columns
    .split(', ')
    .map(column => `${table}.${column} as ${prefix}${column}`)
    .join(', ')

/**
 * Claims the deliveries that are due, and that neither an earlier one nor a circuit holds back. One that another transaction has locked
 * is left out.
 */
const CLAIM = `with item as materialized (
    select * from json_to_recordset(?::json) as item(place int, id bigint, owner text)
  ), free as materialized (
    select id from delivery
    where id = any (array(select id from item)) and state = 'pending' and due_at <= ?
      and (leased_until <= ? or leased_by = ?) and not (${IS_BLOCKED}) and ${CIRCUIT_OPENS} = 0
    order by id for update skip locked
  )
  update delivery set leased_until = ?, leased_by = item.owner
  from item, event
  where delivery.id = any (array(select id from free)) and item.id = delivery.id and event.seq = delivery.seq
  returning item.place, ${columnsOf('delivery', DELIVERY_COLUMNS)}, ${columnsOf('event', `${EVENT_COLUMNS}, traceparent`, PREFIX)}`

/** Creates the batch that claims deliveries. A repetition finds them claimed by their owners, who are then given them one by one. */
export function createClaimBatch({ now, outbox }: Pick<StoreContext, 'now' | 'outbox'>): Batch<'claimDelivery'> {
  return {
    accepts: (_, owner) => owner !== undefined,
    sizeOf: () => 0,
    *together(calls) {
      const at = now()
      const rows = yield* runLast<SqlRow & { place: number }>(
        CLAIM,
        rowsOf(calls.map(([id, owner], place) => ({ place, id, owner }))),
        at,
        at,
        outbox,
        at + LEASE,
      )
      return placedIn(
        calls.length,
        rows.map(({ place, ...row }) => [place, claimOf(row)]),
      )
    },
  }
}

function claimOf(row: SqlRow): Claim {
  const entries = Object.entries(row)
  const delivery = Object.fromEntries(entries.filter(([name]) => !name.startsWith(PREFIX)))
  const event = entries
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => [name.slice(PREFIX.length), value])
  return {
    kind: 'claimed',
    delivery: delivery as unknown as DeliveryRow,
    event: Object.fromEntries(event) as EventRow,
  }
}
