import type { StoreContext } from '../dialect.ts'
import type { EventRow } from '../event/events.ts'
import { DURABLE_ONCE, type LedgerMethods, READ, REPEATABLE } from '../method.ts'
import { run, type Work, type WorkOf } from '../sql.ts'
import { addDeliveries } from './add.ts'
import { ATTEMPT_METHODS, type AttemptRow, type Attempts, createAttempts } from './attempts.ts'
import type { Breaker } from './circuits.ts'
import { CLAIM_METHODS, type Claims, createClaims } from './claims.ts'
import { createDueFinder, DUE_METHODS, type DueDeliveries } from './due.ts'
import { MIN_QUEUE_TIME } from './queued.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, type DeliveryState, type ListedDelivery } from './row.ts'

export interface Deliveries extends Claims, Attempts, DueDeliveries {
  /** Records that the outbox did not accept deliveries, so that the next sweep enqueues them. */
  releaseQueued(ids: readonly number[]): void
  delivery(mchid: string, id: number): (DeliveryRow & { attempts: AttemptRow[] }) | undefined
  /** Lists deliveries, the newest first. */
  deliveries(
    mchid: string,
    page: { state?: DeliveryState; seq?: number; before?: number; limit: number },
  ): ListedDelivery[]
  /**
   * Makes a delivery pending again, whatever its state.
   *
   * @returns false if it does not exist, or is a question
   */
  replayDelivery(mchid: string, id: number): boolean
  /**
   * Delivers an event to endpoints, once to each that is named, whether or not it was sent to them before. A question is not repeated:
   * only WeChat Pay can.
   *
   * @returns the ids of the deliveries, without those of questions
   */
  resendEvent(mchid: string, seq: number, endpoints: readonly string[]): number[]
}

export const DELIVERY_METHODS: LedgerMethods<Deliveries> = {
  ...CLAIM_METHODS,
  ...ATTEMPT_METHODS,
  ...DUE_METHODS,
  releaseQueued: REPEATABLE,
  delivery: READ,
  deliveries: READ,
  replayDelivery: DURABLE_ONCE,
  resendEvent: DURABLE_ONCE,
}

/** The states as they are written in statements: a state of a caller is looked up here and never copied into a statement. */
const STATES: Readonly<Record<DeliveryState, string>> = {
  pending: 'pending',
  asking: 'asking',
  delivered: 'delivered',
  dead: 'dead',
}

export function createDeliveries(context: StoreContext, breaker: Breaker): WorkOf<Deliveries> {
  const { dialect, now } = context
  const { dueTo, nextBehind, ...dueDeliveries } = createDueFinder(context)

  function* find(mchid: string, id: number): Work<DeliveryRow | undefined> {
    const [row] = yield* run<DeliveryRow>(
      `select ${DELIVERY_COLUMNS} from delivery where mchid = ? and id = ?`,
      mchid,
      id,
    )
    return row
  }

  /** Returns an event that retention does not delete before the end of the transaction. */
  function* lockEvent(mchid: string, seq: number): Work<EventRow | undefined> {
    const [event] = yield* run<EventRow>(
      `select * from event where mchid = ? and seq = ?${dialect.forUpdate}`,
      mchid,
      seq,
    )
    return event
  }

  function* makePending({ id, mchid, endpoint }: Pick<DeliveryRow, 'id' | 'mchid' | 'endpoint'>): Work<void> {
    yield* run(
      `update delivery set state = 'pending', tries = 0, due_at = ?, leased_until = 0, queued_until = ?, ended_at = null
       where id = ?`,
      now(),
      now() + MIN_QUEUE_TIME,
      id,
    )
    // An operator who replays a delivery expects its endpoint to be reachable.
    yield* breaker.allowProbe(mchid, endpoint)
  }

  return {
    ...createClaims(context, breaker),
    ...createAttempts(context, breaker, { dueTo, nextBehind }),
    ...dueDeliveries,
    *releaseQueued(ids) {
      yield* run(`update delivery set queued_until = 0 where id in (${dialect.integers})`, JSON.stringify(ids))
    },
    *delivery(mchid, id) {
      const row = yield* find(mchid, id)
      const attempts = yield* run<AttemptRow>(
        `select at, ms, status, error, detail from attempt where delivery = ? order by ${dialect.attemptOrder}`,
        id,
      )
      return row && { ...row, attempts }
    },
    *deliveries(mchid, { state, seq, before = Number.MAX_SAFE_INTEGER, limit }) {
      // A state in the text of the statement, and not as a value, lets the database use the partial index of dead letters.
      const conditions = [
        ...(state === undefined ? [] : [`and state = '${STATES[state]}'`]),
        ...(seq === undefined ? [] : ['and seq = ?']),
      ]
      return yield* run<ListedDelivery>(
        `select ${DELIVERY_COLUMNS}, (select count(*) from attempt where attempt.delivery = delivery.id) as attempt_count
         from delivery where mchid = ? and id < ? ${conditions.join(' ')}
         order by id desc limit ?`,
        mchid,
        before,
        ...(seq === undefined ? [] : [seq]),
        limit,
      )
    },
    *replayDelivery(mchid, id) {
      const row = yield* find(mchid, id)
      if (!row || row.state === 'asking' || !(yield* lockEvent(mchid, row.seq))) return false
      yield* makePending(row)
      return true
    },
    *resendEvent(mchid, seq, endpoints) {
      const event = yield* lockEvent(mchid, seq)
      if (!event) return []
      const ids: number[] = []
      for (const endpoint of new Set(endpoints)) {
        const [existing] = yield* run<Pick<DeliveryRow, 'id' | 'state'>>(
          'select id, state from delivery where seq = ? and endpoint = ?',
          seq,
          endpoint,
        )
        if (existing?.state === 'asking') continue
        if (existing) yield* makePending({ id: existing.id, mchid, endpoint })
        const added = { mchid, seq, subject: event.subject, createdAt: event.created_at }
        ids.push(...(existing ? [existing.id] : yield* addDeliveries(dialect, added, [endpoint], now())))
      }
      return ids
    },
  }
}
