import { clearFault } from './faults.ts'
import { DURABLE_ONCE, type LedgerMethods, REPEATABLE } from './method.ts'
import { QUEUED } from './queued.ts'
import type { Sql } from './sql.ts'

/** An event that was heard of, and where it has to go. */
export interface NewEvent {
  readonly mchid: string
  readonly api: 'v2' | 'v3'
  /** WeChat Pay's: the same whenever it sends the event again. */
  readonly id: string
  readonly event: string
  /** JSON. */
  readonly resource: string
  /** What it is about; events about the same thing are delivered in their order. */
  readonly subject: string | null
  /** What is said once only, whoever says it. */
  readonly dedupeKey: string | null
  /**
   * Of what may happen again: an event of the same dedupe key that WeChat Pay made before this time (ms) tells an earlier occurrence,
   * and a watch that was placed after the event waits for a later one.
   */
  readonly occurredSince?: number | undefined
  readonly source: EventSource
  /** When WeChat Pay made it. */
  readonly createdAt: number
  /** What one sending of it has for itself: seen again, it was replayed. APIv2, whose repeats are alike, has none. */
  readonly nonce: string | null
  /** The names of the endpoints that take it. */
  readonly to: readonly string[]
  /** The endpoints are asked, and their answer is WeChat Pay's: nothing is left to the outbox. */
  readonly isQuestion?: boolean
  /** The watches that end with it. */
  readonly settles?: readonly { kind: string; number: string }[]
}

export type EventSource = 'notification' | 'query'

export interface Recorded {
  /** `duplicate`: known already. `replayed`: not even sent again by WeChat Pay, but a copy of an earlier sending. */
  readonly outcome: 'recorded' | 'duplicate' | 'replayed'
  readonly seq: number
  /** Deliveries that nobody has tried yet. */
  readonly deliveries: readonly number[]
  /** Of a question: what its endpoint is asked, and the delivery by which that is recorded, if an endpoint takes it. */
  readonly question?: RecordedQuestion
}

export interface RecordedQuestion {
  readonly event: EventRow
  readonly delivery: { readonly id: number; readonly tries: number } | undefined
}

/** An event as the ledger has it. */
export interface EventRow {
  readonly seq: number
  /** Names the event to endpoints (`webhook-id`), the same at every attempt. No other ledger gives it. */
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
  /** How often it came after the first time. */
  readonly repeats: number
}

/**
 * Remembers a sending for as long as its timestamp passes for fresh, ms: it may be five minutes ahead when it first comes, and
 * five minutes old when its copy does. The rest is for a copy whose body comes in slowly.
 */
const SENDING_AGE = 15 * 60_000
const COLUMNS = 'seq, webhook_id, mchid, id, api, event, resource, subject, source, created_at, received_at, repeats'

export interface Events {
  /** Writes an event down, once, with its deliveries. */
  record(event: NewEvent): Recorded
  /**
   * Counts one more sending of an event that is recorded already, by its id alone.
   *
   * @returns undefined if it is not recorded; nothing is written then
   */
  recordRepeat(mchid: string, id: string): Recorded | undefined
  event(mchid: string, seq: number): EventRow | undefined
  /** The newest first. */
  events(
    mchid: string,
    page: { before?: number; limit: number; event?: string; subject?: string; webhook_id?: string },
  ): EventRow[]
}

export const EVENT_METHODS: LedgerMethods<Events> = {
  record: { ...DURABLE_ONCE, addsRows: true },
  // Nothing is written where the event is not recorded.
  recordRepeat: { isDurable: true, isResultKept: recorded => recorded !== undefined },
  event: REPEATABLE,
  events: REPEATABLE,
}

/** Columns by which events are found. */
const FILTERS = ['event', 'subject', 'webhook_id'] as const

/** A sending of an event, and the time until which it is remembered. */
type Sending = readonly [nonce: string, until: number]

/**
 * Makes a `webhook-id`: a time and 80 random bits, as a ULID has them. A number would repeat in a ledger that was restored or
 * begun anew; the time keeps the index in order.
 */
function createWebhookId(received: number): string {
  const time = received.toString(16).padStart(12, '0')
  // The first and the last group of a UUID are nothing but random.
  const uuid = crypto.randomUUID()
  return `evt_${time}${uuid.slice(0, 8)}${uuid.slice(24)}`
}

/** Milliseconds by which WeChat Pay's clock and ours may differ. */
export const MAX_SKEW = 300_000

/**
 * Returns the time until which a watch was placed that an event ends: of what may happen again, a later call waits for the next
 * occurrence. A repetition ends no watch that was placed after its event.
 */
function placedUntil({ occurredSince, createdAt }: NewEvent, { outcome }: Recorded): number {
  if (occurredSince === undefined) return Number.MAX_SAFE_INTEGER
  return outcome === 'recorded' ? createdAt + MAX_SKEW : createdAt
}

export function createEvents(sql: Sql, now: () => number): Events {
  function record(event: NewEvent): Recorded {
    const recorded = add(event) ?? repeat(event)
    // Only now: a watch ends when its event is in the ledger, whoever put it there.
    if (recorded.outcome !== 'replayed')
      for (const { kind, number } of event.settles ?? [])
        sql.run(
          'delete from watch where mchid = ? and kind = ? and number = ? and placed_at <= ?',
          ...[event.mchid, kind, number, placedUntil(event, recorded)],
        )
    // It was decrypted: the APIv3 key is right.
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

  /** @returns undefined when it is there already: by its id, or by what it tells */
  function add(event: NewEvent): Recorded | undefined {
    const { mchid, id, api, resource, subject, dedupeKey, source, createdAt, nonce, to, isQuestion } = event
    const received = now()
    if (event.occurredSince !== undefined)
      sql.run(
        'update event set dedupe_key = null where mchid = ? and dedupe_key = ? and created_at < ?',
        ...[mchid, dedupeKey, event.occurredSince],
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
      JSON.stringify(sendings([], nonce)),
    )
    if (!row) return undefined
    const { seq } = row
    const state = isQuestion ? 'asking' : 'pending'
    const deliveries = to.map(endpoint =>
      addDelivery(sql, { mchid, seq, subject, createdAt }, endpoint, received, state),
    )
    return { outcome: 'recorded', seq, deliveries }
  }

  function recordRepeat(mchid: string, id: string): Recorded | undefined {
    const [known] = sql.run('select seq from event where mchid = ? and id = ?', mchid, id)
    return known && repeat({ mchid, id, dedupeKey: null, nonce: null })
  }

  function repeat({ mchid, id, dedupeKey, nonce }: Pick<NewEvent, 'mchid' | 'id' | 'dedupeKey' | 'nonce'>): Recorded {
    const [{ seq, nonces } = { seq: 0, nonces: '[]' }] = sql.run<{ seq: number; nonces: string }>(
      'select seq, nonces from event where mchid = ? and id = ? union all select seq, nonces from event where mchid = ? and dedupe_key = ? limit 1',
      ...[mchid, id, mchid, dedupeKey],
    )
    const seen = JSON.parse(nonces) as Sending[]
    if (nonce !== null && seen.some(([known]) => known === nonce)) return { outcome: 'replayed', seq, deliveries: [] }
    sql.run(
      'update event set repeats = repeats + 1, nonces = ? where seq = ?',
      JSON.stringify(sendings(seen, nonce)),
      seq,
    )
    const untried = sql.run<{ id: number }>(
      "select id from delivery where seq = ? and state = 'pending' and tries = 0",
      seq,
    )
    return { outcome: 'duplicate', seq, deliveries: untried.map(({ id }) => id) }
  }

  /** Those that may still be copied, and a new one. */
  function sendings(seen: readonly Sending[], nonce: string | null): readonly Sending[] {
    const fresh = seen.filter(([, until]) => until > now())
    return nonce === null ? fresh : [...fresh, [nonce, now() + SENDING_AGE]]
  }

  return {
    record,
    recordRepeat,
    event: (mchid, seq) => sql.run<EventRow>(`select ${COLUMNS} from event where mchid = ? and seq = ?`, mchid, seq)[0],
    events(mchid, { before = Number.MAX_SAFE_INTEGER, limit, ...filters }) {
      const given = FILTERS.filter(name => filters[name] !== undefined)
      return sql.run<EventRow>(
        `select ${COLUMNS} from event where mchid = ? and seq < ?${given.map(name => ` and ${name} = ?`).join('')}
         order by seq desc limit ?`,
        ...[mchid, before, ...given.map(name => filters[name]!), limit],
      )
    },
  }
}

/** An event sets out for an endpoint. */
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
    dueAt + QUEUED,
  )
  return id
}
