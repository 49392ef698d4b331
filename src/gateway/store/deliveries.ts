import { ATTEMPT_METHODS, type AttemptRow, type Attempts, createAttempts } from './attempts.ts'
import type { Breaker } from './circuits.ts'
import { CLAIM_METHODS, type Claims, createClaims } from './claims.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, type DeliveryState } from './delivery-row.ts'
import { createDueFinder, DUE_METHODS, type DueDeliveries } from './due.ts'
import { addDelivery, type EventRow } from './events.ts'
import { DURABLE_ONCE, type LedgerMethods, REPEATABLE } from './method.ts'
import { MIN_QUEUE_TIME } from './queued.ts'
import type { Sql } from './sql.ts'

export interface Deliveries extends Claims, Attempts, DueDeliveries {
  /** Records that the outbox did not accept deliveries, so that the next sweep enqueues them. */
  releaseQueued(ids: readonly number[]): void
  delivery(mchid: string, id: number): (DeliveryRow & { attempts: AttemptRow[] }) | undefined
  /** Lists deliveries, the newest first. */
  deliveries(
    mchid: string,
    page: { state?: DeliveryState; seq?: number; before?: number; limit: number },
  ): DeliveryRow[]
  /**
   * Makes a delivery pending again, whatever its state.
   *
   * @returns false if it does not exist, or is a question
   */
  replayDelivery(mchid: string, id: number): boolean
  /**
   * Delivers an event to endpoints, whether or not it was sent to them before.
   *
   * @returns the ids of the deliveries
   */
  resendEvent(mchid: string, seq: number, endpoints: readonly string[]): number[]
}

export const DELIVERY_METHODS: LedgerMethods<Deliveries> = {
  ...CLAIM_METHODS,
  ...ATTEMPT_METHODS,
  ...DUE_METHODS,
  releaseQueued: REPEATABLE,
  delivery: REPEATABLE,
  deliveries: REPEATABLE,
  replayDelivery: DURABLE_ONCE,
  resendEvent: DURABLE_ONCE,
}

export function createDeliveries(sql: Sql, now: () => number, breaker: Breaker): Deliveries {
  const { dueTo, nextBehind, ...dueDeliveries } = createDueFinder(sql, now, breaker)

  const rowOf = (mchid: string, id: number): DeliveryRow | undefined =>
    sql.run<DeliveryRow>(`select ${DELIVERY_COLUMNS} from delivery where mchid = ? and id = ?`, mchid, id)[0]

  function makePending({ id, mchid, endpoint }: Pick<DeliveryRow, 'id' | 'mchid' | 'endpoint'>): void {
    // An operator who replays a delivery expects its endpoint to be reachable.
    breaker.allowProbe(mchid, endpoint)
    sql.run(
      `update delivery set state = 'pending', tries = 0, due_at = ?, leased_until = 0, queued_until = ?, ended_at = null
       where id = ?`,
      now(),
      now() + MIN_QUEUE_TIME,
      id,
    )
  }

  return {
    ...createClaims(sql, now, breaker),
    ...createAttempts(sql, now, breaker, { dueTo, nextBehind }),
    ...dueDeliveries,
    releaseQueued: ids =>
      void sql.run(
        'update delivery set queued_until = 0 where id in (select value from json_each(?))',
        JSON.stringify(ids),
      ),
    delivery(mchid, id) {
      const row = rowOf(mchid, id)
      const attempts = sql.run<AttemptRow>(
        'select at, ms, status, error, detail from attempt where delivery = ? order by rowid',
        id,
      )
      return row && { ...row, attempts }
    },
    deliveries: (mchid, { state = null, seq = null, before = Number.MAX_SAFE_INTEGER, limit }) =>
      sql.run<DeliveryRow>(
        `select ${DELIVERY_COLUMNS} from delivery
         where mchid = ? and (? is null or state = ?) and (? is null or seq = ?) and id < ?
         order by id desc limit ?`,
        mchid,
        state,
        state,
        seq,
        seq,
        before,
        limit,
      ),
    replayDelivery(mchid, id) {
      const row = rowOf(mchid, id)
      if (!row || row.state === 'asking') return false
      makePending(row)
      return true
    },
    resendEvent(mchid, seq, endpoints) {
      const [event] = sql.run<EventRow>('select * from event where mchid = ? and seq = ?', mchid, seq)
      if (!event) return []
      return endpoints.map(endpoint => {
        const [existing] = sql.run<{ id: number }>(
          'select id from delivery where seq = ? and endpoint = ?',
          seq,
          endpoint,
        )
        if (!existing)
          return addDelivery(sql, { mchid, seq, subject: event.subject, createdAt: event.created_at }, endpoint, now())
        makePending({ id: existing.id, mchid, endpoint })
        return existing.id
      })
    },
  }
}
