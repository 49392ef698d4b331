import { CALL_LEASE } from '../store/call/calls.ts'

/** Milliseconds between two renewals. Several may fail before the lease expires. */
const RENEW_EVERY = CALL_LEASE / 6

/** Holds an `Idempotency-Key`. */
export interface Lease {
  /** Aborts the call when its key cannot be held any longer. */
  readonly signal: AbortSignal
  readonly end: () => void
}

/**
 * Holds an `Idempotency-Key` for the duration of its call, however long that is with the retries and timeouts of its client. It renews
 * the lease in the ledger, and aborts the call before a lease expires that cannot be renewed. A second call with the key therefore
 * begins only after the first call or its process has ended.
 *
 * @param takenAt `performance.now()` before the request to the ledger: the lease begins later than that
 * @param renew extends the lease by {@link CALL_LEASE}; resolves to false if another call holds the key
 */
export function keepLease(takenAt: number, renew: () => Promise<boolean>): Lease {
  const controller = new AbortController()
  let heldUntil = takenAt + CALL_LEASE
  const timer = setInterval(async () => {
    const renewedAt = performance.now()
    if (renewedAt + RENEW_EVERY >= heldUntil) return abort()
    // If the ledger cannot be reached, renewals are repeated until the lease expires.
    const isHeld = await renew().catch(() => undefined)
    if (isHeld) heldUntil = renewedAt + CALL_LEASE
    if (isHeld === false) abort()
  }, RENEW_EVERY)

  function abort(): void {
    clearInterval(timer)
    controller.abort(new Error('The lease of its Idempotency-Key could not be renewed.'))
  }
  // If the ledger was slow, the lease may expire before the first renewal.
  if (performance.now() + RENEW_EVERY >= heldUntil) abort()
  return { signal: controller.signal, end: () => clearInterval(timer) }
}
