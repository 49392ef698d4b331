import type { Breaker } from './circuits.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, IS_BLOCKED } from './delivery-row.ts'
import type { EventRow } from './events.ts'
import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

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

export function createClaims(sql: Sql, now: () => number, breaker: Breaker): Claims {
  /** Marks a delivery as no longer in the outbox: the attempt that unblocks it enqueues it, or the sweep does. */
  function leaveQueue<T extends Claim>({ id, queued_until }: Row, claim: T): T {
    if (queued_until > 0) sql.run('update delivery set queued_until = 0 where id = ?', id)
    return claim
  }

  function claimedOf(delivery: DeliveryRow): Claim {
    const [event] = sql.run<EventRow>('select * from event where seq = ?', delivery.seq)
    return event ? { kind: 'claimed', delivery, event } : { kind: 'done' }
  }

  return {
    claimDelivery(id, owner) {
      const [row] = sql.run<Row>(
        `select ${DELIVERY_COLUMNS}, leased_until, leased_by, queued_until from delivery where id = ?`,
        id,
      )
      if (row?.state !== 'pending') return { kind: 'done' }
      if (owner !== undefined && row.leased_by === owner && row.leased_until > now()) return claimedOf(row)
      const freeAt = Math.max(row.due_at, row.leased_until)
      if (freeAt > now()) return { kind: 'later', at: freeAt }
      if (sql.run(`select 1 from delivery where id = ? and ${IS_BLOCKED}`, id).length > 0)
        return leaveQueue(row, { kind: 'blocked' })
      const { mchid, endpoint } = row
      const retryAt = breaker.retryAt(mchid, endpoint)
      if (retryAt > now()) return leaveQueue(row, { kind: 'circuit-open', at: retryAt })
      if (retryAt > 0) breaker.startProbe(mchid, endpoint, id, now() + LEASE)
      sql.run('update delivery set leased_until = ?, leased_by = ? where id = ?', now() + LEASE, owner ?? null, id)
      return claimedOf(row)
    },
    releaseLeases() {
      sql.run('update delivery set leased_until = 0 where leased_until > 0')
      breaker.allowProbes()
    },
  }
}
