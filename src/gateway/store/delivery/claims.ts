import type { StoreContext } from '../dialect.ts'
import { EVENT_COLUMNS, type EventRow } from '../event/events.ts'
import { type LedgerMethods, REPEATABLE } from '../method.ts'
import { run, send, type Work, type WorkOf } from '../sql.ts'
import type { Breaker } from './circuits.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, IS_BLOCKED } from './row.ts'

/** Milliseconds for which a delivery stays claimed: longer than any attempt, so that it expires only if its process has died. */
export const LEASE = 30_000

/** The outcome of claiming a delivery. */
export type Claim =
  | { readonly kind: 'claimed'; readonly delivery: DeliveryRow; readonly event: EventRow }
  /** It is not due yet, or has been claimed by another attempt. */
  | { readonly kind: 'later'; readonly at: number }
  /** An earlier delivery about the same subject is still pending. */
  | { readonly kind: 'blocked' }
  /** The circuit of its endpoint is open at least until `at`. The delivery is enqueued again when the circuit closes. */
  | { readonly kind: 'circuit-open'; readonly at: number }
  /** Nothing is left to do. */
  | { readonly kind: 'done' }

export interface Claims {
  /**
   * Claims a delivery for {@link LEASE}.
   *
   * @param owner an id of the attempt. An owner that repeats the call gets the delivery again
   */
  claimDelivery(id: number, owner?: string): Claim
  /** Releases all claims, because the process that held them has ended. */
  releaseLeases(): void
}

export const CLAIM_METHODS: LedgerMethods<Claims> = {
  // Recognises a repetition by the owner.
  claimDelivery: REPEATABLE,
  releaseLeases: REPEATABLE,
}

interface Row extends DeliveryRow {
  readonly leased_until: number
  readonly leased_by: string | null
  /** The time until which the outbox is assumed to have it. */
  readonly queued_until: number
}

export function createClaims(
  { dialect, now, outbox }: Pick<StoreContext, 'dialect' | 'now' | 'outbox'>,
  breaker: Breaker,
): WorkOf<Claims> {
  /** Marks a delivery as no longer in the outbox: the attempt that unblocks it enqueues it, or the sweep does. */
  function* leaveQueue<T extends Claim>({ id, queued_until, leased_until }: Row, claim: T): Work<T> {
    if (queued_until > 0 || leased_until > now())
      yield* send('update delivery set queued_until = 0, leased_until = 0 where id = ?', id)
    return claim
  }

  function* claimedOf({ leased_until, leased_by, queued_until, ...delivery }: Row): Work<Claim> {
    const [event] = yield* run<EventRow>(`select ${EVENT_COLUMNS}, traceparent from event where seq = ?`, delivery.seq)
    return event ? { kind: 'claimed', delivery, event } : { kind: 'done' }
  }

  return {
    *claimDelivery(id, owner) {
      const [row] = yield* run<Row>(
        `select ${DELIVERY_COLUMNS}, leased_until, leased_by, queued_until from delivery where id = ?${dialect.forUpdate}`,
        id,
      )
      if (row?.state !== 'pending') return { kind: 'done' }
      if (owner !== undefined && row.leased_by === owner && row.leased_until > now()) return yield* claimedOf(row)
      // The outbox may have reserved it for this process.
      const freeAt = Math.max(row.due_at, row.leased_by === outbox ? 0 : row.leased_until)
      if (freeAt > now()) return { kind: 'later', at: freeAt }
      const blocked = yield* run(`select 1 from delivery where id = ? and ${IS_BLOCKED}`, id)
      if (blocked.length > 0) return yield* leaveQueue(row, { kind: 'blocked' })
      const { mchid, endpoint } = row
      const retryAt = yield* breaker.lockRetryAt(mchid, endpoint)
      if (retryAt > now()) return yield* leaveQueue(row, { kind: 'circuit-open', at: retryAt })
      if (retryAt > 0) yield* breaker.startProbe(mchid, endpoint, id, now() + LEASE)
      yield* send('update delivery set leased_until = ?, leased_by = ? where id = ?', now() + LEASE, owner ?? null, id)
      return yield* claimedOf(row)
    },
    *releaseLeases() {
      // Only pending deliveries are claimed, and they have an index.
      yield* run("update delivery set leased_until = 0 where state = 'pending' and leased_until > 0")
      yield* breaker.allowProbes()
    },
  }
}
