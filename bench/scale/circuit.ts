import { MIN_FAILURES, MIN_OUTAGE, pauseOf } from '../../src/gateway/store/delivery/circuits.ts'

/** The circuit of an endpoint, with the constants of the ledger's own (`src/gateway/store/delivery/circuits.ts`). */
export interface Circuit {
  /** Returns whether only a probe may be attempted. */
  readonly isOpen: () => boolean
  /** Returns when a delivery may be attempted: now, or the time of the next probe. */
  readonly allowedAt: (now: number) => number
  /** Records an attempt that has ended now. */
  readonly record: (now: number, attempt: { delivery: number; began: number; isReached: boolean }) => void
  /** Makes a delivery the probe, if the circuit is open. */
  readonly claim: (now: number, delivery: number) => void
}

/** Milliseconds for which a probe is the only one: the lease of a claimed delivery. */
const PROBE_LEASE = 30_000

export function createCircuit(): Circuit {
  let failures = 0
  let since = 0
  let opens = 0
  let retryAt = 0
  let last: number | undefined
  let probe: number | undefined

  function reset(): void {
    failures = 0
    opens = 0
    retryAt = 0
    last = undefined
    probe = undefined
  }

  return {
    isOpen: () => opens > 0,
    allowedAt: now => (opens > 0 ? Math.max(retryAt, now) : now),
    claim(now, delivery) {
      if (opens === 0) return
      probe = delivery
      retryAt = now + PROBE_LEASE
    },
    record(now, { delivery, began, isReached }) {
      if (isReached) {
        reset()
        return
      }
      if (failures === 0) since = began
      if (last !== delivery) failures++
      last = delivery
      const isTooMany = opens === 0 && failures >= MIN_FAILURES && now - since >= MIN_OUTAGE
      if (isTooMany || (opens > 0 && probe === delivery)) {
        opens++
        retryAt = now + pauseOf(opens)
        probe = undefined
      }
    },
  }
}
