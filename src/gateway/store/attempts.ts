import type { Breaker } from './circuits.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, HOLDING_ATTEMPTS } from './delivery-row.ts'
import type { DueFinder } from './due.ts'
import { type LedgerMethods, ONCE } from './method.ts'
import { QUEUED } from './queued.ts'
import type { Sql } from './sql.ts'

export interface AttemptRow {
  readonly at: number
  readonly ms: number
  readonly status: number | null
  readonly error: string | null
  readonly detail: string | null
}

/** An attempt to deliver, and its outcome. */
export interface Attempted {
  readonly tries: number
  readonly at: number
  readonly ms: number
  readonly status?: number | undefined
  readonly error?: string | undefined
  readonly detail?: string | undefined
  /** `delivered`, `dead`, or the time of the next attempt. */
  readonly result: 'delivered' | 'dead' | number
  /**
   * Whether the endpoint is out of reach: it gave no response, or one that asks to come back. Null where nothing could be sent,
   * because the endpoint is gone or cannot be used. Undefined says nothing of the endpoint.
   */
  readonly isOutage?: boolean | null | undefined
}

export interface Attempts {
  /** Records an attempt. @returns deliveries that need not wait any longer, to be enqueued */
  settle(id: number, attempt: Attempted): number[]
}

export const ATTEMPT_METHODS: LedgerMethods<Attempts> = {
  settle: ONCE,
}

/** Deliveries that are enqueued at once when their endpoint is within reach again; the sweep enqueues the others. */
const MAX_RELEASED = 500

export function createAttempts(
  sql: Sql,
  now: () => number,
  breaker: Breaker,
  due: Pick<DueFinder, 'dueTo' | 'nextBehind'>,
): Attempts {
  const noteQueued = (ids: readonly number[]): void =>
    void sql.run(
      'update delivery set queued_until = ? where id in (select value from json_each(?))',
      now() + QUEUED,
      JSON.stringify(ids),
    )

  /** @returns the delivery that waited behind this one, where it need not wait any longer */
  function settleRow(id: number, row: DeliveryRow | undefined, { tries, result }: Attempted): number[] {
    // An attempt whose lease ran out, and which another attempt has overtaken, changes nothing.
    if (!row || row.state === 'delivered' || (row.tries !== tries && result !== 'delivered')) return []
    if (typeof result === 'number') {
      const dueAt = Math.round(result)
      sql.run(
        'update delivery set tries = ?, due_at = ?, leased_until = 0, queued_until = ? where id = ?',
        tries + 1,
        dueAt,
        dueAt + QUEUED,
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
    settle(id, attempted) {
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
      const unblocked = settleRow(id, row, attempted)
      if (!row) return unblocked
      const { mchid, endpoint } = row
      const isClosed = breaker.recordAttempt(mchid, endpoint, id, { at, isOutage })
      breaker.forgetIdle(mchid, endpoint)
      // A circuit that has closed holds nothing back any longer.
      const waiting = isClosed ? due.dueTo(mchid, endpoint, now(), MAX_RELEASED) : []
      const released = [...new Set([...unblocked, ...waiting.map(delivery => delivery.id)])]
      if (released.length > 0) noteQueued(released)
      return released
    },
  }
}
