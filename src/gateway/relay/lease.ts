import { CALL_LEASE } from '../store/calls.ts'

/** Milliseconds between two renewals: some of them may fail. */
const RENEW_EVERY = CALL_LEASE / 6

/** Keeps an `Idempotency-Key` taken. */
export interface Lease {
  /** Aborts the call when its key cannot be kept any longer. */
  readonly signal: AbortSignal
  readonly end: () => void
}

/**
 * Keeps an `Idempotency-Key` taken for as long as its call lasts, however long that is with the retries and timeouts of its
 * client: renews the lease in the ledger, and aborts the call before a lease runs out that cannot be renewed. So a second
 * call under the key begins only when the first has ended, or its process has.
 *
 * @param takenAt `performance.now()` before the ledger was asked for the key: it counts the lease from some time after that
 * @param renew extends the lease by {@link CALL_LEASE}; resolves to false when the key is another call's
 */
export function keepLease(takenAt: number, renew: () => Promise<boolean>): Lease {
  const controller = new AbortController()
  let heldUntil = takenAt + CALL_LEASE
  const timer = setInterval(async () => {
    const asked = performance.now()
    if (asked + RENEW_EVERY >= heldUntil) return abort()
    // A ledger that cannot be reached has until the lease runs out.
    const isHeld = await renew().catch(() => undefined)
    if (isHeld) heldUntil = asked + CALL_LEASE
    if (isHeld === false) abort()
  }, RENEW_EVERY)

  function abort(): void {
    clearInterval(timer)
    controller.abort(new Error('The lease of its Idempotency-Key could not be renewed.'))
  }
  // The ledger has taken so long that another call may begin under the key before the first renewal.
  if (performance.now() + RENEW_EVERY >= heldUntil) abort()
  return { signal: controller.signal, end: () => clearInterval(timer) }
}
