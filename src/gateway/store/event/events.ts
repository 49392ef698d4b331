import { MAX_SKEW_SECONDS, SECOND } from '../../../core/base/time.ts'
import type { Api } from '../../../definitions/call.ts'
import { clearFault, NOTIFICATION_FAULTS } from '../call/faults.ts'
import { endWatches } from '../call/watches.ts'
import { addDeliveries } from '../delivery/add.ts'
import type { StoreContext } from '../dialect.ts'
import { DURABLE_ONCE, type LedgerMethods, READ } from '../method.ts'
import { run, send, type Work, type WorkOf } from '../sql.ts'
import { requireRow } from '../write-conflict.ts'

/** An event to be recorded, and the endpoints to deliver it to. */
export interface NewEvent {
  readonly mchid: string
  readonly api: Api
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
  /**
   * Unique per transmission: if it repeats, the transmission was replayed. Null for APIv2, whose transmissions of an
   * event are identical.
   */
  readonly nonce: string | null
  /** The names of the endpoints that subscribe to it. */
  readonly endpoints: readonly string[]
  /** The endpoint is asked a question, and its answer goes to WeChat Pay. The outbox does not deliver it. */
  readonly isQuestion?: boolean
  /** The `traceparent` with which it arrived, or that of the span that received it. */
  readonly traceparent?: string | undefined
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
  readonly api: Api
  readonly event: string
  readonly resource: string
  readonly subject: string | null
  readonly source: EventSource
  readonly created_at: number
  readonly received_at: number
  /** Number of further transmissions. */
  readonly repeats: number
  /** Continues the trace of the notification. Only a claimed delivery has it. */
  readonly traceparent?: string | null
}

/**
 * Milliseconds for which a transmission is remembered: as long as its timestamp is accepted. The timestamp may be five minutes ahead
 * of the original and five minutes behind a copy; the rest allows for a copy whose body arrives slowly.
 */
const TRANSMISSION_AGE = 15 * 60_000
/** The columns of an {@link EventRow}. */
export const EVENT_COLUMNS =
  'seq, webhook_id, mchid, id, api, event, resource, subject, source, created_at, received_at, repeats'

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
  recordRepeat: { syncTime: 'now', isResultKept: recorded => recorded !== undefined },
  event: READ,
  events: READ,
}

/** Columns by which events are filtered. */
export const FILTER_COLUMNS = ['event', 'subject', 'webhook_id'] as const

/** A transmission of an event, and the time until which it is remembered. */
type Transmission = readonly [nonce: string, until: number]

/** Appends a transmission, and drops those whose copies would be refused because of their timestamps. */
export function addTransmission(
  transmissions: readonly Transmission[],
  nonce: string | null,
  now: number,
): readonly Transmission[] {
  const fresh = transmissions.filter(([, until]) => until > now)
  return nonce === null ? fresh : [...fresh, [nonce, now + TRANSMISSION_AGE]]
}

/** Matches a `webhook-id`. Those of earlier versions contain an underscore. */
export const WEBHOOK_ID: RegExp = /^evt_\w{1,64}$/

/**
 * Creates a `webhook-id` from the time and 80 random bits, as in a ULID. A sequence number would repeat in a restored or recreated
 * ledger; the time keeps insertions at the end of the index.
 */
export function createWebhookId(received: number): string {
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
export function placedUntil(
  { occurredSince, createdAt }: Pick<NewEvent, 'occurredSince' | 'createdAt'>,
  { outcome }: Pick<RecordResult, 'outcome'>,
): number {
  if (occurredSince === undefined) return Number.MAX_SAFE_INTEGER
  return outcome === 'recorded' ? createdAt + MAX_SKEW : createdAt
}

export function createEvents({ dialect, now, numbers, order }: StoreContext): WorkOf<Events> {
  function* recordEvent(event: NewEvent): Work<RecordResult> {
    const recorded = (yield* insertEvent(event)) ?? (yield* recordTransmission(event))
    // A duplicate ends watches too: the event may have been recorded by the other source.
    if (recorded.outcome !== 'replayed')
      yield* endWatches(event.mchid, event.settles ?? [], placedUntil(event, recorded))
    // A notification that could be decrypted proves that the key is right.
    if (event.api !== 'v2' && event.source === 'notification')
      yield* clearFault(event.mchid, NOTIFICATION_FAULTS[event.api])
    return event.isQuestion && recorded.outcome !== 'replayed'
      ? { ...recorded, question: yield* questionOf(recorded.seq) }
      : recorded
  }

  function* questionOf(seq: number): Work<RecordedQuestion> {
    const [event] = yield* run<EventRow>(`select ${EVENT_COLUMNS} from event where seq = ?`, seq)
    const [delivery] = yield* run<{ id: number; tries: number }>(
      'select id, tries from delivery where seq = ? order by id desc limit 1',
      seq,
    )
    return { event: event!, delivery }
  }

  /** @returns undefined if an event with its id or its dedupe key exists */
  function* insertEvent(event: NewEvent): Work<RecordResult | undefined> {
    const {
      mchid,
      id,
      api,
      resource,
      subject,
      dedupeKey,
      source,
      createdAt,
      nonce,
      endpoints,
      isQuestion,
      traceparent = null,
    } = event
    const received = now()
    if (event.occurredSince !== undefined)
      yield* send(
        'update event set dedupe_key = null where mchid = ? and dedupe_key = ? and created_at < ?',
        mchid,
        dedupeKey,
        event.occurredSince,
      )
    if (order) yield* order.begin()
    const [row] = yield* run<{ seq: number }>(
      `${dialect.insertReturning} event (webhook_id, mchid, id, api, event, resource, subject, dedupe_key, source, created_at,
         received_at, retained_since, nonces, traceparent)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing returning seq`,
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
      JSON.stringify(addTransmission([], nonce, now())),
      traceparent,
    )
    if (!row) return undefined
    const { seq } = row
    yield* numbers.index({ seq, mchid, resource })
    const state = isQuestion ? 'asking' : 'pending'
    const deliveries = yield* addDeliveries(dialect, { mchid, seq, subject, createdAt }, endpoints, received, state)
    return { outcome: 'recorded', seq, deliveries }
  }

  function* recordRepeat(mchid: string, id: string): Work<RecordResult | undefined> {
    const [existing] = yield* run('select seq from event where mchid = ? and id = ?', mchid, id)
    return existing && (yield* recordTransmission({ mchid, id, dedupeKey: null, nonce: null }))
  }

  /** Finds an event, whose transmissions nobody else records until the end of the transaction. */
  function* lockTransmissions(column: 'id' | 'dedupe_key', mchid: string, value: string | null) {
    if (value === null) return undefined
    const [row] = yield* run<{ seq: number; nonces: string }>(
      `select seq, nonces from event where mchid = ? and ${column} = ?${dialect.forUpdate}`,
      mchid,
      value,
    )
    return row
  }

  function* recordTransmission(event: Pick<NewEvent, 'mchid' | 'id' | 'dedupeKey' | 'nonce'>): Work<RecordResult> {
    const { mchid, id, dedupeKey, nonce } = event
    const { seq, nonces } = requireRow(
      (yield* lockTransmissions('id', mchid, id)) ?? (yield* lockTransmissions('dedupe_key', mchid, dedupeKey)),
    )
    const transmissions = JSON.parse(nonces) as Transmission[]
    if (nonce !== null && transmissions.some(([seen]) => seen === nonce))
      return { outcome: 'replayed', seq, deliveries: [] }
    yield* send(
      'update event set repeats = repeats + 1, nonces = ? where seq = ?',
      JSON.stringify(addTransmission(transmissions, nonce, now())),
      seq,
    )
    const untried = yield* run<{ id: number }>(
      "select id from delivery where seq = ? and state = 'pending' and tries = 0",
      seq,
    )
    return { outcome: 'duplicate', seq, deliveries: untried.map(({ id: deliveryId }) => deliveryId) }
  }

  return {
    recordEvent,
    recordRepeat,
    *event(mchid, seq) {
      const [row] = yield* run<EventRow>(`select ${EVENT_COLUMNS} from event where mchid = ? and seq = ?`, mchid, seq)
      return row
    },
    *events(mchid, { before = Number.MAX_SAFE_INTEGER, limit, ...filters }) {
      const names = FILTER_COLUMNS.filter(name => filters[name] !== undefined)
      return yield* run<EventRow>(
        `select ${EVENT_COLUMNS} from event where mchid = ? and seq < ?${names.map(name => ` and ${name} = ?`).join('')}
         order by seq desc limit ?`,
        mchid,
        before,
        ...names.map(name => filters[name]!),
        limit,
      )
    },
  }
}
