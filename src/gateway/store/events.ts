import { MAX_SKEW_SECONDS, SECOND } from '../../core/time.ts'
import { clearFault } from './faults.ts'
import { DURABLE_ONCE, type LedgerMethods, REPEATABLE } from './method.ts'
import { MIN_QUEUE_TIME } from './queued.ts'
import type { Sql } from './sql.ts'

/** An event to be recorded, and the endpoints to deliver it to. */
export interface NewEvent {
  readonly mchid: string
  readonly api: 'v2' | 'v3'
  /** WeChat Pay's id of the event, the same whenever it sends the event again. */
  readonly id: string
  readonly event: string
  /** JSON. */
  readonly resource: string
  /** Identifies the order or the like that it is about. Events with the same subject are delivered in order. */
  readonly subject: string | null
  /** Identifies what happened, whether a notification or a query reports it: only one event of a key is recorded. */
  readonly dedupeKey: string | null
  /**
   * Milliseconds since 1970, for an event that can occur repeatedly: an event of the same dedupe key that WeChat Pay created before
   * this time is an earlier occurrence, and a watch that was placed after the event waits for a later one.
   */
  readonly occurredSince?: number | undefined
  readonly source: EventSource
  /** Time at which WeChat Pay created it. */
  readonly createdAt: number
  /** Unique per transmission: if it repeats, the transmission was replayed. Null for APIv2, whose transmissions of an event are identical. */
  readonly nonce: string | null
  /** The names of the endpoints that subscribe to it. */
  readonly endpoints: readonly string[]
  /** The endpoint is asked a question, and its answer goes to WeChat Pay. The outbox does not deliver it. */
  readonly isQuestion?: boolean
  /** The watches that end with it. */
  readonly settles?: readonly { kind: string; number: string }[]
}

export type EventSource = 'notification' | 'query'

export interface RecordResult {
  /** `duplicate`: WeChat Pay has sent a recorded event again. `replayed`: a third party has sent a copy of an earlier transmission. */
  readonly outcome: 'recorded' | 'duplicate' | 'replayed'
  readonly seq: number
  /** Deliveries that were not attempted yet. */
  readonly deliveries: readonly number[]
  /** The recorded event of a question, with the delivery to the endpoint that answers it, if there is one. */
  readonly question?: RecordedQuestion
}

export interface RecordedQuestion {
  readonly event: EventRow
  readonly delivery: { readonly id: number; readonly tries: number } | undefined
}

export interface EventRow {
  readonly seq: number
  /** Identifies the event to endpoints (`webhook-id`): the same at every attempt, and unique among all ledgers. */
  readonly webhook_id: string
  readonly mchid: string
  readonly id: string
  readonly api: 'v2' | 'v3'
  readonly event: string
  readonly resource: string
  readonly subject: string | null
  readonly source: EventSource
  readonly created_at: number
  readonly received_at: number
  /** Number of further transmissions. */
  readonly repeats: number
}

/**
 * Milliseconds for which a transmission is remembered: as long as its timestamp is accepted. The timestamp may be five minutes ahead
 * of the original and five minutes behind a copy; the rest allows for a copy whose body arrives slowly.
 */
const TRANSMISSION_AGE = 15 * 60_000
const COLUMNS = 'seq, webhook_id, mchid, id, api, event, resource, subject, source, created_at, received_at, repeats'

export interface Events {
  /** Records an event once, with its deliveries. */
  recordEvent(event: NewEvent): RecordResult
  /**
   * Counts a further transmission of a recorded event, identified by its id.
   *
   * @returns undefined if it is not recorded; nothing is written then
   */
  recordRepeat(mchid: string, id: string): RecordResult | undefined
  event(mchid: string, seq: number): EventRow | undefined
  /** Lists events, the newest first. */
  events(
    mchid: string,
    page: { before?: number; limit: number; event?: string; subject?: string; webhook_id?: string },
  ): EventRow[]
}

export const EVENT_METHODS: LedgerMethods<Events> = {
  recordEvent: { ...DURABLE_ONCE, addsRows: true },
  // Without a recorded event nothing is written, so no result has to be kept.
  recordRepeat: { isDurable: true, isResultKept: recorded => recorded !== undefined },
  event: REPEATABLE,
  events: REPEATABLE,
}

/** Columns by which events are filtered. */
const FILTERS = ['event', 'subject', 'webhook_id'] as const

/** A transmission of an event, and the time until which it is remembered. */
type Transmission = readonly [nonce: string, until: number]

/**
 * Creates a `webhook-id` from the time and 80 random bits, as in a ULID. A sequence number would repeat in a restored or recreated
 * ledger; the time keeps insertions at the end of the index.
 */
function createWebhookId(received: number): string {
  const time = received.toString(16).padStart(12, '0')
  // The first and the last group of a version 4 UUID are entirely random.
  const uuid = crypto.randomUUID()
  return `evt_${time}${uuid.slice(0, 8)}${uuid.slice(24)}`
}

/** Milliseconds by which WeChat Pay's clock and the gateway's may differ. */
export const MAX_SKEW: number = MAX_SKEW_SECONDS * SECOND

/**
 * Returns the latest time at which a watch can have been placed that an event ends. If the event can occur repeatedly, a watch that
 * was placed later waits for the next occurrence. A duplicate ends no watch that was placed after its event.
 */
function placedUntil({ occurredSince, createdAt }: NewEvent, { outcome }: RecordResult): number {
  if (occurredSince === undefined) return Number.MAX_SAFE_INTEGER
  return outcome === 'recorded' ? createdAt + MAX_SKEW : createdAt
}

export function createEvents(sql: Sql, now: () => number): Events {
  function recordEvent(event: NewEvent): RecordResult {
    const recorded = insertEvent(event) ?? recordTransmission(event)
    // A duplicate ends watches too: the event may have been recorded by the other source.
    if (recorded.outcome !== 'replayed')
      for (const { kind, number } of event.settles ?? [])
        sql.run(
          'delete from watch where mchid = ? and kind = ? and number = ? and placed_at <= ?',
          event.mchid,
          kind,
          number,
          placedUntil(event, recorded),
        )
    // A notification that could be decrypted proves that the APIv3 key is right.
    if (event.api === 'v3' && event.source === 'notification') clearFault(sql, event.mchid, 'notifications')
    return event.isQuestion && recorded.outcome !== 'replayed'
      ? { ...recorded, question: questionOf(recorded.seq) }
      : recorded
  }

  function questionOf(seq: number): RecordedQuestion {
    const [event] = sql.run<EventRow>(`select ${COLUMNS} from event where seq = ?`, seq)
    const [delivery] = sql.run<{ id: number; tries: number }>(
      'select id, tries from delivery where seq = ? order by id desc limit 1',
      seq,
    )
    return { event: event!, delivery }
  }

  /** @returns undefined if an event with its id or its dedupe key exists */
  function insertEvent(event: NewEvent): RecordResult | undefined {
    const { mchid, id, api, resource, subject, dedupeKey, source, createdAt, nonce, endpoints, isQuestion } = event
    const received = now()
    if (event.occurredSince !== undefined)
      sql.run(
        'update event set dedupe_key = null where mchid = ? and dedupe_key = ? and created_at < ?',
        mchid,
        dedupeKey,
        event.occurredSince,
      )
    const [row] = sql.run<{ seq: number }>(
      `insert or ignore into event (webhook_id, mchid, id, api, event, resource, subject, dedupe_key, source, created_at,
         received_at, retained_since, nonces)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning seq`,
      createWebhookId(received),
      mchid,
      id,
      api,
      event.event,
      resource,
      subject,
      dedupeKey,
      source,
      createdAt,
      received,
      received,
      JSON.stringify(addTransmission([], nonce)),
    )
    if (!row) return undefined
    const { seq } = row
    const state = isQuestion ? 'asking' : 'pending'
    const deliveries = endpoints.map(endpoint =>
      addDelivery(sql, { mchid, seq, subject, createdAt }, endpoint, received, state),
    )
    return { outcome: 'recorded', seq, deliveries }
  }

  function recordRepeat(mchid: string, id: string): RecordResult | undefined {
    const [existing] = sql.run('select seq from event where mchid = ? and id = ?', mchid, id)
    return existing && recordTransmission({ mchid, id, dedupeKey: null, nonce: null })
  }

  function recordTransmission(event: Pick<NewEvent, 'mchid' | 'id' | 'dedupeKey' | 'nonce'>): RecordResult {
    const { mchid, id, dedupeKey, nonce } = event
    const [{ seq, nonces } = { seq: 0, nonces: '[]' }] = sql.run<{ seq: number; nonces: string }>(
      'select seq, nonces from event where mchid = ? and id = ? union all select seq, nonces from event where mchid = ? and dedupe_key = ? limit 1',
      mchid,
      id,
      mchid,
      dedupeKey,
    )
    const transmissions = JSON.parse(nonces) as Transmission[]
    if (nonce !== null && transmissions.some(([seen]) => seen === nonce))
      return { outcome: 'replayed', seq, deliveries: [] }
    sql.run(
      'update event set repeats = repeats + 1, nonces = ? where seq = ?',
      JSON.stringify(addTransmission(transmissions, nonce)),
      seq,
    )
    const untried = sql.run<{ id: number }>(
      "select id from delivery where seq = ? and state = 'pending' and tries = 0",
      seq,
    )
    return { outcome: 'duplicate', seq, deliveries: untried.map(({ id }) => id) }
  }

  /** Appends a transmission, and drops those whose copies would be refused because of their timestamps. */
  function addTransmission(transmissions: readonly Transmission[], nonce: string | null): readonly Transmission[] {
    const fresh = transmissions.filter(([, until]) => until > now())
    return nonce === null ? fresh : [...fresh, [nonce, now() + TRANSMISSION_AGE]]
  }

  return {
    recordEvent,
    recordRepeat,
    event: (mchid, seq) => sql.run<EventRow>(`select ${COLUMNS} from event where mchid = ? and seq = ?`, mchid, seq)[0],
    events(mchid, { before = Number.MAX_SAFE_INTEGER, limit, ...filters }) {
      const names = FILTERS.filter(name => filters[name] !== undefined)
      return sql.run<EventRow>(
        `select ${COLUMNS} from event where mchid = ? and seq < ?${names.map(name => ` and ${name} = ?`).join('')}
         order by seq desc limit ?`,
        mchid,
        before,
        ...names.map(name => filters[name]!),
        limit,
      )
    },
  }
}

/** Adds a delivery of an event to an endpoint. */
export function addDelivery(
  sql: Sql,
  { mchid, seq, subject, createdAt }: { mchid: string; seq: number; subject: string | null; createdAt: number },
  endpoint: string,
  dueAt: number,
  state: 'pending' | 'asking' = 'pending',
): number {
  const [{ id } = { id: 0 }] = sql.run<{ id: number }>(
    `insert into delivery (seq, mchid, endpoint, subject, created_at, state, due_at, queued_until)
     values (?, ?, ?, ?, ?, ?, ?, ?) returning id`,
    seq,
    mchid,
    endpoint,
    subject,
    createdAt,
    state,
    dueAt,
    dueAt + MIN_QUEUE_TIME,
  )
  return id
}
