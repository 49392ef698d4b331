import type { Breaker } from './circuits.ts'
import { addDelivery, type EventRow } from './events.ts'
import { QUEUED, queuedUntil } from './queued.ts'
import type { Sql } from './sql.ts'

/** How long whoever took a delivery on may keep it, ms: longer than an attempt may last. Who died over it gives it back by this. */
export const LEASE = 30_000
/**
 * Attempts in which a delivery holds back the later ones of its subject: the seventh is made after half an hour. An event that
 * its endpoint will not take must not keep a refund from it for days. The index `delivery_holding` has the same number.
 */
export const HOLDING_ATTEMPTS = 7

export type DeliveryState =
  /** Waits for its time, or for those before it. */
  | 'pending'
  /** A question: asked at once, and not again. */
  | 'asking'
  | 'delivered'
  /** Given up; it can be replayed. */
  | 'dead'

export interface DeliveryRow {
  readonly id: number
  readonly seq: number
  readonly mchid: string
  readonly endpoint: string
  readonly subject: string | null
  readonly state: DeliveryState
  /** Since it was recorded, or replayed. */
  readonly tries: number
  readonly due_at: number
  readonly ended_at: number | null
}

export interface AttemptRow {
  readonly at: number
  readonly ms: number
  readonly status: number | null
  readonly error: string | null
  readonly detail: string | null
}

/** What comes of taking a delivery on. */
export type Claim =
  | { readonly kind: 'go'; readonly delivery: DeliveryRow; readonly event: EventRow }
  /** Not yet, or somebody else has it. */
  | { readonly kind: 'later'; readonly at: number }
  /** One before it, about the same thing, is not delivered yet. */
  | { readonly kind: 'blocked' }
  /** Its endpoint is left alone, because nobody is there; until then at least. The ledger brings it again. */
  | { readonly kind: 'held'; readonly at: number }
  /** There is nothing left to do. */
  | { readonly kind: 'done' }

/** What came of an attempt. */
export interface Attempted {
  readonly tries: number
  readonly at: number
  readonly ms: number
  readonly status?: number | undefined
  readonly error?: string | undefined
  readonly detail?: string | undefined
  /** `delivered`, `dead`, or the time to try again. */
  readonly result: 'delivered' | 'dead' | number
  /**
   * Whether nobody was there: no answer, or one that asks to come back. Null where nothing could be sent: the endpoint is gone, or
   * cannot be used. Undefined says nothing of the endpoint.
   */
  readonly isOutage?: boolean | null | undefined
}

/** A delivery by its id, whose it is, and when it is due. */
export interface Due {
  readonly id: number
  readonly endpoint: string
  readonly due_at: number
}

export interface Deliveries {
  /**
   * Takes a delivery on, for {@link LEASE}.
   *
   * @param owner who takes it on: an id of each attempt. The same, asking again, is given the delivery again
   */
  claim(id: number, owner?: string): Claim
  /** Writes an attempt down. @returns deliveries that need not wait for this one any longer: to be enqueued */
  settle(id: number, attempt: Attempted): number[]
  /**
   * Those that can be tried now, or were due at the time given; the first due first. An endpoint that is left alone has none,
   * and when it may be probed, one.
   *
   * @param limit for each endpoint: however much is due to one, it takes no other's place
   */
  due(mchid: string, at: number, limit: number): Due[]
  /**
   * Takes those of {@link Deliveries.due} that the outbox does not have any more, as far as anybody knows, to enqueue them.
   * They are taken again after five minutes, and then at intervals that double up to an hour.
   *
   * @returns their ids
   */
  takeLost(mchid: string, at: number, limit: number): number[]
  /** Notes that the outbox did not accept deliveries: the next sweep enqueues them. */
  releaseQueued(ids: readonly number[]): void
  /** When the next falls due; undefined when none is pending. @param except endpoints that are passed over */
  nextDue(mchid: string, except?: readonly string[]): number | undefined
  delivery(mchid: string, id: number): (DeliveryRow & { attempts: AttemptRow[] }) | undefined
  /** The newest first. */
  deliveries(
    mchid: string,
    page: { state?: DeliveryState; seq?: number; before?: number; limit: number },
  ): DeliveryRow[]
  /** Sets a delivery out anew, whatever became of it. */
  replay(mchid: string, id: number): boolean
  /** Sets an event out for endpoints, those it was sent to before and others. @returns the deliveries */
  resend(mchid: string, seq: number, endpoints: readonly string[]): number[]
  /** Gives back what was taken on by a process that is no more. */
  releaseLeases(): void
}

/** Deliveries that are handed out at once when their endpoint is there again; the sweep hands out the rest. */
const MAX_RELEASED = 500
const COLUMNS = 'id, seq, mchid, endpoint, subject, state, tries, due_at, ended_at'
/**
 * One is before another that goes to the same endpoint, is about the same thing, and was made later. It holds the other back
 * for {@link HOLDING_ATTEMPTS}.
 */
const IS_BLOCKED = `delivery.subject is not null and exists (
  select 1 from delivery as before
  where before.mchid = delivery.mchid and before.endpoint = delivery.endpoint and before.subject = delivery.subject
    and before.state = 'pending' and before.tries < ${HOLDING_ATTEMPTS}
    and (before.created_at, before.id) < (delivery.created_at, delivery.id))`

interface Row extends DeliveryRow {
  readonly leased_until: number
  readonly leased_by: string | null
  /** Until when the outbox is believed to have it. */
  readonly queued_until: number
  readonly created_at: number
}

/** The bound of {@link Row.queued_until} where it does not matter. */
const ANY = Number.MAX_SAFE_INTEGER

export function createDeliveries(sql: Sql, now: () => number, breaker: Breaker): Deliveries {
  const rowOf = (id: number) =>
    sql.run<Row>(
      `select ${COLUMNS}, leased_until, leased_by, queued_until, created_at from delivery where id = ?`,
      id,
    )[0]

  const noteQueued = (ids: readonly number[]): void =>
    void sql.run(
      'update delivery set queued_until = ? where id in (select value from json_each(?))',
      now() + QUEUED,
      JSON.stringify(ids),
    )

  /** Its message is not brought again: whoever ends what it waits for enqueues it, or the sweep does. */
  function leaveQueue<T extends Claim>({ id, queued_until }: Row, claim: T): T {
    if (queued_until > 0) sql.run('update delivery set queued_until = 0 where id = ?', id)
    return claim
  }

  function claim(id: number, owner?: string): Claim {
    const row = rowOf(id)
    if (row?.state !== 'pending') return { kind: 'done' }
    if (owner !== undefined && row.leased_by === owner && row.leased_until > now()) return goOf(row)
    const free = Math.max(row.due_at, row.leased_until)
    if (free > now()) return { kind: 'later', at: free }
    if (sql.run(`select 1 from delivery where id = ? and ${IS_BLOCKED}`, id).length > 0)
      return leaveQueue(row, { kind: 'blocked' })
    const { mchid, endpoint } = row
    const retryAt = breaker.retryAt(mchid, endpoint)
    if (retryAt > now()) return leaveQueue(row, { kind: 'held', at: retryAt })
    if (retryAt > 0) breaker.probe(mchid, endpoint, id, now() + LEASE)
    sql.run('update delivery set leased_until = ?, leased_by = ? where id = ?', now() + LEASE, owner ?? null, id)
    return goOf(row)
  }

  function goOf(delivery: DeliveryRow): Claim {
    const [event] = sql.run<EventRow>('select * from event where seq = ?', delivery.seq)
    return event ? { kind: 'go', delivery, event } : { kind: 'done' }
  }

  function settle(id: number, attempted: Attempted): number[] {
    const row = rowOf(id)
    const unblocked = settleRow(id, row, attempted)
    if (!row) return unblocked
    const { mchid, endpoint } = row
    const { at, isOutage } = attempted
    const isClosed = breaker.recordAttempt(mchid, endpoint, id, { at, isOutage })
    breaker.forgetIdle(mchid, endpoint)
    // Where the circuit is closed, nothing holds the deliveries any longer that have waited.
    const waiting = isClosed ? dueAt(mchid, endpoint, now(), MAX_RELEASED).map(due => due.id) : []
    const released = [...new Set([...unblocked, ...waiting])]
    if (released.length > 0) noteQueued(released)
    return released
  }

  function settleRow(
    id: number,
    row: DeliveryRow | undefined,
    { tries, at, ms, status, error, detail, result }: Attempted,
  ): number[] {
    // Whoever comes back after its lease has run out, and finds another to have tried, leaves no trace but its attempt.
    sql.run(
      'insert into attempt (delivery, at, ms, status, error, detail) values (?, ?, ?, ?, ?, ?)',
      ...[id, at, Math.round(ms), status ?? null, error ?? null, detail ?? null],
    )
    if (!row || row.state === 'delivered' || (row.tries !== tries && result !== 'delivered')) return []
    if (typeof result === 'number') {
      sql.run(
        'update delivery set tries = ?, due_at = ?, leased_until = 0, queued_until = ? where id = ?',
        tries + 1,
        Math.round(result),
        Math.round(result) + QUEUED,
        id,
      )
      return tries + 1 === HOLDING_ATTEMPTS ? nextOf(row) : []
    }
    sql.run(
      'update delivery set tries = ?, state = ?, ended_at = ?, leased_until = 0 where id = ?',
      ...[tries + 1, result, now(), id],
    )
    return nextOf(row)
  }

  /** Endpoints that something is pending for: a step of the index each, however much that is. */
  const endpointsOf = (mchid: string): string[] =>
    sql
      .run<{ endpoint: string }>(
        `with recursive name(endpoint) as (
           select min(endpoint) from delivery where mchid = ? and state = 'pending'
           union all
           select (select min(endpoint) from delivery where mchid = ? and state = 'pending' and endpoint > name.endpoint)
           from name where endpoint is not null)
         select endpoint from name where endpoint is not null`,
        mchid,
        mchid,
      )
      .map(({ endpoint }) => endpoint)

  /** @param queuedUntil passes over those that the outbox is believed to have for longer */
  const dueAt = (mchid: string, endpoint: string, at: number, limit: number, queuedUntil: number = ANY): Due[] =>
    sql.run<Due>(
      `select id, endpoint, due_at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until <= ?
         and queued_until <= ? and not (${IS_BLOCKED})
       order by due_at limit ?`,
      mchid,
      endpoint,
      at,
      at,
      queuedUntil,
      limit,
    )

  /** The probe of an endpoint: the one that fell due last, because one that fails for its own sake has fallen due before. */
  const newestDueAt = (mchid: string, endpoint: string, at: number): Due[] =>
    sql.run<Due>(
      `select id, endpoint, due_at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until <= ? and not (${IS_BLOCKED})
       order by due_at desc limit 1`,
      ...[mchid, endpoint, at, at],
    )

  /** By the index, in two parts: while an endpoint is away thousands are pending. What is taken on was due before. */
  const nextDueOf = (mchid: string, endpoint: string): number | null =>
    sql.run<{ at: number | null }>(
      `select min(at) as at from (
         select * from (
           select due_at as at from delivery
           where mchid = ? and endpoint = ? and state = 'pending' and leased_until <= due_at and not (${IS_BLOCKED})
           order by due_at limit 1)
         union all
         select min(leased_until) from delivery
         where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until > due_at
           and not (${IS_BLOCKED}))`,
      ...[mchid, endpoint, mchid, endpoint, now()],
    )[0]!.at

  /** The one that waited behind it, if any: the others wait for that. */
  const nextOf = ({ id, mchid, endpoint, subject }: DeliveryRow): number[] =>
    subject === null
      ? []
      : sql
          .run<{ id: number }>(
            `select id from delivery where mchid = ? and endpoint = ? and subject = ? and state = 'pending'
               and tries < ${HOLDING_ATTEMPTS} and id <> ?
             order by created_at, id limit 1`,
            ...[mchid, endpoint, subject, id],
          )
          .map(next => next.id)

  function dueAtAll(mchid: string, at: number, limit: number, queuedUntil?: number): Due[] {
    const found = endpointsOf(mchid).flatMap(endpoint => {
      const retryAt = breaker.retryAt(mchid, endpoint)
      if (retryAt > now()) return []
      return retryAt > 0 ? newestDueAt(mchid, endpoint, at) : dueAt(mchid, endpoint, at, limit, queuedUntil)
    })
    return found.sort((one, other) => one.due_at - other.due_at)
  }

  const revive = ({ id, mchid, endpoint }: Pick<DeliveryRow, 'id' | 'mchid' | 'endpoint'>): void => {
    // Whoever asks for it believes that somebody is there.
    breaker.allowProbe(mchid, endpoint)
    sql.run(
      `update delivery set state = 'pending', tries = 0, due_at = ?, leased_until = 0, queued_until = ?, ended_at = null
       where id = ?`,
      now(),
      now() + QUEUED,
      id,
    )
  }

  return {
    claim,
    settle,
    due: dueAtAll,
    takeLost(mchid, at, limit) {
      const lost = dueAtAll(mchid, at, limit, now())
      for (const { id, due_at } of lost)
        sql.run('update delivery set queued_until = ? where id = ?', queuedUntil(now(), due_at), id)
      return lost.map(({ id }) => id)
    },
    releaseQueued: ids =>
      void sql.run(
        'update delivery set queued_until = 0 where id in (select value from json_each(?))',
        JSON.stringify(ids),
      ),
    nextDue(mchid, except = []) {
      const times = endpointsOf(mchid)
        .filter(endpoint => !except.includes(endpoint))
        .flatMap(endpoint => {
          const at = nextDueOf(mchid, endpoint)
          return at === null ? [] : [Math.max(at, breaker.retryAt(mchid, endpoint))]
        })
      return times.length === 0 ? undefined : Math.min(...times)
    },
    delivery(mchid, id) {
      const [row] = sql.run<DeliveryRow>(`select ${COLUMNS} from delivery where mchid = ? and id = ?`, mchid, id)
      const attempts = sql.run<AttemptRow>(
        'select at, ms, status, error, detail from attempt where delivery = ? order by rowid',
        id,
      )
      return row && { ...row, attempts }
    },
    deliveries: (mchid, { state = null, seq = null, before = Number.MAX_SAFE_INTEGER, limit }) =>
      sql.run<DeliveryRow>(
        `select ${COLUMNS} from delivery where mchid = ? and (? is null or state = ?) and (? is null or seq = ?) and id < ?
         order by id desc limit ?`,
        ...[mchid, state, state, seq, seq, before, limit],
      ),
    replay(mchid, id) {
      const [row] = sql.run<DeliveryRow>(`select ${COLUMNS} from delivery where mchid = ? and id = ?`, mchid, id)
      if (!row || row.state === 'asking') return false
      revive(row)
      return true
    },
    resend(mchid, seq, endpoints) {
      const [event] = sql.run<EventRow>('select * from event where mchid = ? and seq = ?', mchid, seq)
      if (!event) return []
      return endpoints.map(endpoint => {
        const [known] = sql.run<{ id: number }>('select id from delivery where seq = ? and endpoint = ?', seq, endpoint)
        if (!known)
          return addDelivery(sql, { mchid, seq, subject: event.subject, createdAt: event.created_at }, endpoint, now())
        revive({ id: known.id, mchid, endpoint })
        return known.id
      })
    },
    releaseLeases() {
      sql.run('update delivery set leased_until = 0 where leased_until > 0')
      breaker.allowProbes()
    },
  }
}
