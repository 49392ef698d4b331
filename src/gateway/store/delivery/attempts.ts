import type { StoreContext } from '../dialect.ts'
import { type LedgerMethods, ONCE } from '../method.ts'
import { run, send, type Work, type WorkOf } from '../sql.ts'
import type { Breaker, CircuitChange } from './circuits.ts'
import type { DueFinder } from './due.ts'
import { MIN_QUEUE_TIME } from './queued.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, HOLDING_ATTEMPTS } from './row.ts'

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

/** The effects of an attempt that is recorded. */
export interface RecordedAttempt {
  /** The deliveries that it has unblocked, which must be enqueued. */
  readonly unblocked: readonly number[]
  /** How it has changed the circuit of its endpoint, if it has. */
  readonly circuit?: CircuitChange | undefined
}

export interface Attempts {
  recordAttempt(id: number, attempt: Attempt): RecordedAttempt
}

export const ATTEMPT_METHODS: LedgerMethods<Attempts> = {
  recordAttempt: ONCE,
}

/** Deliveries that are enqueued at once when their endpoint is reachable again; the sweep enqueues the others. */
const MAX_RELEASED = 500

export function createAttempts(
  { dialect, now }: Pick<StoreContext, 'dialect' | 'now'>,
  breaker: Breaker,
  due: Pick<DueFinder, 'dueTo' | 'nextBehind'>,
): WorkOf<Attempts> {
  /** Leaves out deliveries that are being claimed: waiting for them could be a deadlock, and the sweep enqueues them at worst once more. */
  function* markQueued(ids: readonly number[]): Work<void> {
    if (ids.length === 0) return
    yield* send(
      `update delivery set queued_until = ? where id in (
         select id from delivery where id in (${dialect.integers})${dialect.skipLocked})`,
      now() + MIN_QUEUE_TIME,
      JSON.stringify(ids),
    )
  }

  /** @returns the delivery that this one no longer holds back, if any */
  function* updateDelivery(id: number, row: DeliveryRow | undefined, { tries, result }: Attempt): Work<number[]> {
    // Ignores an attempt whose lease expired before another attempt was recorded, unless it has delivered the event.
    if (!row || row.state === 'delivered' || (row.tries !== tries && result !== 'delivered')) return []
    if (typeof result === 'number') {
      const dueAt = Math.round(result)
      yield* send(
        'update delivery set tries = ?, due_at = ?, leased_until = 0, queued_until = ? where id = ?',
        tries + 1,
        dueAt,
        dueAt + MIN_QUEUE_TIME,
        id,
      )
      return tries + 1 === HOLDING_ATTEMPTS ? yield* due.nextBehind(row) : []
    }
    yield* send(
      'update delivery set tries = ?, state = ?, ended_at = ?, leased_until = 0 where id = ?',
      tries + 1,
      result,
      now(),
      id,
    )
    return yield* due.nextBehind(row)
  }

  return {
    *recordAttempt(id, attempted) {
      const { at, ms, status, error, detail, isOutage } = attempted
      const [row] = yield* run<DeliveryRow>(
        `select ${DELIVERY_COLUMNS} from delivery where id = ?${dialect.forUpdate}`,
        id,
      )
      yield* send(
        'insert into attempt (delivery, at, ms, status, error, detail) values (?, ?, ?, ?, ?, ?)',
        id,
        at,
        Math.round(ms),
        status ?? null,
        error ?? null,
        detail ?? null,
      )
      const unblocked = yield* updateDelivery(id, row, attempted)
      if (!row) return { unblocked }
      yield* markQueued(unblocked)
      const { mchid, endpoint } = row
      // The circuit comes last, because the attempts of all processes to an endpoint wait for its row until the end of the transaction.
      const circuit = yield* breaker.countAttempt(mchid, endpoint, id, { at, isOutage })
      if (circuit !== 'closed') return { unblocked, circuit }
      const waiting = (yield* due.dueTo(mchid, endpoint, now(), MAX_RELEASED)).map(delivery => delivery.id)
      yield* markQueued(waiting.filter(other => !unblocked.includes(other)))
      return { unblocked: [...new Set([...unblocked, ...waiting])], circuit }
    },
  }
}
