import type { Breaker } from './circuits.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, HOLDING_ATTEMPTS } from './delivery-row.ts'
import type { DueFinder } from './due.ts'
import { type LedgerMethods, ONCE } from './method.ts'
import { MIN_QUEUE_TIME } from './queued.ts'
import type { Sql } from './sql.ts'

export interface AttemptRow {
  readonly at: number
  readonly ms: number
  readonly status: number | null
  readonly error: string | null
  readonly detail: string | null
}

/** An attempt to deliver, and its outcome. */
export interface Attempt {
  readonly tries: number
  readonly at: number
  readonly ms: number
  readonly status?: number | undefined
  readonly error?: string | undefined
  readonly detail?: string | undefined
  /** `delivered`, `dead`, or the time of the next attempt. */
  readonly result: 'delivered' | 'dead' | number
  /**
   * True if the endpoint is unreachable: it did not respond, or asked to retry later. Null if nothing could be sent, because the
   * endpoint is no longer configured or cannot be used. Undefined if the attempt says nothing about the endpoint.
   */
  readonly isOutage?: boolean | null | undefined
}

export interface Attempts {
  /**
   * Records an attempt.
   *
   * @returns the deliveries that it has unblocked, which must be enqueued
   */
  recordAttempt(id: number, attempt: Attempt): number[]
}

export const ATTEMPT_METHODS: LedgerMethods<Attempts> = {
  recordAttempt: ONCE,
}

/** Deliveries that are enqueued at once when their endpoint is reachable again; the sweep enqueues the others. */
const MAX_RELEASED = 500

export function createAttempts(
  sql: Sql,
  now: () => number,
  breaker: Breaker,
  due: Pick<DueFinder, 'dueTo' | 'nextBehind'>,
): Attempts {
  const markQueued = (ids: readonly number[]): void =>
    void sql.run(
      'update delivery set queued_until = ? where id in (select value from json_each(?))',
      now() + MIN_QUEUE_TIME,
      JSON.stringify(ids),
    )

  /** @returns the delivery that this one no longer holds back, if any */
  function updateDelivery(id: number, row: DeliveryRow | undefined, { tries, result }: Attempt): number[] {
    // Ignores an attempt whose lease expired before another attempt was recorded, unless it has delivered the event.
    if (!row || row.state === 'delivered' || (row.tries !== tries && result !== 'delivered')) return []
    if (typeof result === 'number') {
      const dueAt = Math.round(result)
      sql.run(
        'update delivery set tries = ?, due_at = ?, leased_until = 0, queued_until = ? where id = ?',
        tries + 1,
        dueAt,
        dueAt + MIN_QUEUE_TIME,
        id,
      )
      return tries + 1 === HOLDING_ATTEMPTS ? due.nextBehind(row) : []
    }
    sql.run(
      'update delivery set tries = ?, state = ?, ended_at = ?, leased_until = 0 where id = ?',
      tries + 1,
      result,
      now(),
      id,
    )
    return due.nextBehind(row)
  }

  return {
    recordAttempt(id, attempted) {
      const { at, ms, status, error, detail, isOutage } = attempted
      const [row] = sql.run<DeliveryRow>(`select ${DELIVERY_COLUMNS} from delivery where id = ?`, id)
      sql.run(
        'insert into attempt (delivery, at, ms, status, error, detail) values (?, ?, ?, ?, ?, ?)',
        id,
        at,
        Math.round(ms),
        status ?? null,
        error ?? null,
        detail ?? null,
      )
      const unblocked = updateDelivery(id, row, attempted)
      if (!row) return unblocked
      const { mchid, endpoint } = row
      const isClosed = breaker.countAttempt(mchid, endpoint, id, { at, isOutage })
      breaker.deleteIfIdle(mchid, endpoint)
      const waiting = isClosed ? due.dueTo(mchid, endpoint, now(), MAX_RELEASED) : []
      const released = [...new Set([...unblocked, ...waiting.map(delivery => delivery.id)])]
      if (released.length > 0) markQueued(released)
      return released
    },
  }
}
