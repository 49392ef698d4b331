import { matchesEvent } from '../../event/pattern.ts'
import type { StoreContext } from '../dialect.ts'
import { type LedgerMethods, READ } from '../method.ts'
import { run, type Work, type WorkOf } from '../sql.ts'
import { EVENT_COLUMNS, type EventRow, FILTER_COLUMNS } from './events.ts'

/** A place in the sequence of a ledger's events: everything up to and including `seq` has been read. */
export interface EventPosition {
  readonly seq: number
  /** `received_at` of the event at `seq`. */
  readonly at: number
  /** The end of its `webhook_id`: another one means that the ledger was restored from a copy or created anew, and counts again. */
  readonly check: string
  /** The places in the further ledgers of which the ledger consists, if it consists of several. */
  readonly further?: readonly EventPosition[]
}

/** Selects events of a merchant, of which all conditions must hold. */
export interface EventQuery {
  readonly before?: number
  readonly limit: number
  readonly event?: string
  readonly subject?: string
  readonly webhook_id?: string
  /** `out_trade_no`, `transaction_id`, `out_refund_no` or any other number in the event. */
  readonly number?: string
}

export interface FoundEvents {
  /** The newest first. */
  readonly rows: readonly EventRow[]
  /** `before` of the next page, which may exist even if this page is not full; null at the end. */
  readonly next: number | null
}

/** Selects the events to read on from a position. */
export interface EventsAfter {
  /** Default: the newest event, so that only its position is returned. A position without `seq` and `check` stands for a time. */
  readonly after?: Pick<EventPosition, 'at'> & Partial<EventPosition>
  readonly limit: number
  /** Bytes of all resources. One event is always returned, however large. */
  readonly maxLength: number
  /** Patterns of events, of which one must match: `TRANSACTION.SUCCESS`, `REFUND.*`. Default: all events. */
  readonly events?: readonly string[]
}

export interface ReadEvents {
  /** The oldest first. */
  readonly rows: readonly EventRow[]
  /** The position to read on from, behind all events that do not match. */
  readonly position: EventPosition
  /** The position behind each row. Missing if it follows from the row (`positionAt`). */
  readonly positions?: readonly EventPosition[]
  /** No further event is recorded yet. */
  readonly isAtEnd: boolean
}

export interface EventSearch {
  /** Finds events, the newest first. Reads a bounded number of rows, so that a page may have fewer rows than its limit. */
  searchEvents(mchid: string, query: EventQuery): FoundEvents
  /**
   * Reads the events after a position, in the order in which they were recorded. If the ledger is another one than that of the position,
   * it reads the events that were received since the time of the position.
   */
  eventsAfter(mchid: string, query: EventsAfter): ReadEvents
}

export const EVENT_SEARCH_METHODS: LedgerMethods<EventSearch> = {
  searchEvents: READ,
  eventsAfter: READ,
}

/**
 * Milliseconds by which an event may have been received before one with a lower `seq`, if several processes record events: they wait for
 * locks, and their clocks differ a little.
 */
const MAX_DISORDER = 60_000
/** Rows that one call reads, those of other merchants and events included. */
const MAX_SCANNED = 2_000
/** Characters of a `webhook_id` that identify it within a ledger. */
const CHECK_LENGTH = 8

type ScannedRow = Pick<EventRow, 'seq' | 'mchid' | 'event' | 'webhook_id' | 'received_at'> & { readonly size: number }

/** Returns the position behind an event. */
export const positionAt = ({
  seq,
  received_at: at,
  webhook_id,
}: Pick<EventRow, 'seq' | 'received_at' | 'webhook_id'>): EventPosition => ({
  seq,
  at,
  check: webhook_id.slice(-CHECK_LENGTH),
})

export function createEventSearch({
  dialect,
  now,
  order,
}: Pick<StoreContext, 'dialect' | 'now' | 'order'>): WorkOf<EventSearch> {
  function* settledUntil(): Work<number> {
    return order ? yield* order.settledUntil() : Number.MAX_SAFE_INTEGER
  }

  const readRows = (seqs: readonly number[], order: 'asc' | 'desc'): Work<EventRow[]> =>
    run<EventRow>(
      `select ${EVENT_COLUMNS} from event where seq in (${dialect.integers}) order by seq ${order}`,
      JSON.stringify(seqs),
    )

  /** Finds events by an index, and filters those few by the other conditions. */
  function* findByIndex(
    mchid: string,
    index: IndexedCondition,
    { before, limit, ...query }: EventQuery,
  ): Work<FoundEvents> {
    const { condition, from, value } = index
    const names = FILTER_COLUMNS.filter(name => query[name] !== undefined)
    const rows = yield* run<EventRow>(
      `select ${EVENT_COLUMNS} from event where seq in (
         select found.seq from ${from} as found where found.mchid = ? and ${condition} and found.seq < ?)
       ${names.map(name => `and ${name} = ?`).join(' ')} order by seq desc limit ?`,
      mchid,
      value,
      before ?? Number.MAX_SAFE_INTEGER,
      ...names.map(name => query[name]!),
      limit,
    )
    return { rows, next: rows.length < limit ? null : rows.at(-1)!.seq }
  }

  function* findByScan(
    mchid: string,
    { before = Number.MAX_SAFE_INTEGER, limit, event }: EventQuery,
  ): Work<FoundEvents> {
    const scanned = `(select seq, mchid, event from event where seq < ? order by seq desc limit ${MAX_SCANNED}) as scanned`
    const found = yield* run<{ seq: number }>(
      `select seq from ${scanned} where mchid = ? and event = coalesce(?, event) limit ?`,
      before,
      mchid,
      event ?? null,
      limit,
    )
    const rows = yield* readRows(
      found.map(({ seq }) => seq),
      'desc',
    )
    if (rows.length === limit) return { rows, next: rows.at(-1)!.seq }
    const [{ last, count } = { last: 0, count: 0 }] = yield* run<{ last: number; count: number }>(
      `select min(seq) as last, count(*) as count from ${scanned}`,
      before,
    )
    return { rows, next: count < MAX_SCANNED ? null : last }
  }

  const scanFrom = (seq: number, limit: number, last = Number.MAX_SAFE_INTEGER): Work<ScannedRow[]> =>
    run<ScannedRow>(
      `select seq, mchid, event, webhook_id, received_at, octet_length(resource) as size from event
       where seq > ? and seq <= ? order by seq limit ?`,
      seq,
      last,
      limit,
    )

  /** Returns the number before the first event that was received since a time. */
  function* seqBefore(at: number): Work<number> {
    if (!dialect.isShared) return yield* searchSeqBefore(at)
    const start = yield* searchSeqBefore(at - MAX_DISORDER)
    const settled = yield* settledUntil()
    const [found] = yield* run<{ seq: number }>(
      'select seq from event where seq > ? and seq <= ? and received_at >= ? order by seq limit 1',
      start,
      settled,
      at,
    )
    return found ? found.seq - 1 : settled
  }

  /** Does the same in a few steps, if a later event has a later time. */
  function* searchSeqBefore(at: number): Work<number> {
    const [{ first, last } = { first: 0, last: 0 }] = yield* run<{ first: number | null; last: number | null }>(
      'select (select min(seq) from event) as first, (select max(seq) from event) as last',
    )
    let [low, high] = [first ?? 0, (last ?? 0) + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const [row] = yield* scanFrom(middle - 1, 1)
      if (!row || row.received_at >= at) high = middle
      else low = row.seq + 1
    }
    return low - 1
  }

  /**
   * Returns where to read on. The position of an event of another ledger may be later than all events of this one; all events until that
   * time would be passed over, so that it stands for the newest event.
   */
  function* startAt(after: NonNullable<EventsAfter['after']>): Work<{
    readonly seq: number
    readonly position: EventPosition
  }> {
    const position = { seq: 0, check: '', ...after }
    const { seq, at, check } = position
    const [row] = yield* run<{ webhook_id: string }>('select webhook_id from event where seq = ?', seq)
    if (row && row.webhook_id.slice(-CHECK_LENGTH) === check) return { seq, position }
    const newest = check ? yield* newestPosition() : undefined
    return newest && at > newest.at ? { seq: newest.seq, position: newest } : { seq: yield* seqBefore(at), position }
  }

  function* newestPosition(): Work<EventPosition> {
    const [row] = yield* run<ScannedRow>(
      'select seq, mchid, event, webhook_id, received_at, 0 as size from event where seq <= ? order by seq desc limit 1',
      yield* settledUntil(),
    )
    return row ? positionAt(row) : { seq: 0, at: now(), check: '' }
  }

  return {
    *searchEvents(mchid, query) {
      const index = indexedConditionOf(query)
      return index ? yield* findByIndex(mchid, index, query) : yield* findByScan(mchid, query)
    },
    *eventsAfter(mchid, { after, limit, maxLength, events = ['*'] }) {
      if (!after) return { rows: [], position: yield* newestPosition(), isAtEnd: true }
      const start = yield* startAt(after)
      const scanned = yield* scanFrom(start.seq, MAX_SCANNED, yield* settledUntil())
      const patterns = events.map(matchesEvent)
      const seqs: number[] = []
      let [length, last]: [number, ScannedRow | undefined] = [0, undefined]
      for (const row of scanned) {
        const isWanted = row.mchid === mchid && patterns.some(matches => matches(row.event))
        if (isWanted && seqs.length > 0 && (seqs.length === limit || length + row.size > maxLength)) break
        if (isWanted) {
          seqs.push(row.seq)
          length += row.size
        }
        last = row
      }
      return {
        rows: yield* readRows(seqs, 'asc'),
        position: last ? positionAt(last) : start.position,
        isAtEnd: last === scanned.at(-1) && scanned.length < MAX_SCANNED,
      }
    },
  }
}

/** A condition on the table `found`, which has an index for it. */
interface IndexedCondition {
  readonly from: 'event' | 'event_number'
  readonly condition: string
  readonly value: string
}

function indexedConditionOf({ webhook_id, number, subject }: EventQuery): IndexedCondition | undefined {
  if (number !== undefined) return { from: 'event_number', condition: 'found.number = ?', value: number }
  if (webhook_id !== undefined) return { from: 'event', condition: 'found.webhook_id = ?', value: webhook_id }
  // A subject is the name of a field, for a sub-merchant's number the sub-merchant, and a number that is indexed.
  if (subject !== undefined)
    return {
      from: 'event_number',
      condition: 'found.number = ?',
      value: subject.slice(subject.lastIndexOf('/') + 1),
    }
  return undefined
}
