import { type Wait, waitOrAbort } from '../../wait.ts'

interface PollingLimits {
  /** Milliseconds between two calls. */
  readonly interval: number
  /** Milliseconds until an unsettled payment is reversed. */
  readonly limit: number
  /** Number of attempts to reverse. */
  readonly reversals: number
}

/** Time limits of a payment by code, counted from the moment it is sent. */
export interface Deadline extends PollingLimits {
  /** Starts counting; call it when the payment is sent. */
  begin(): void
  /** Milliseconds since {@link begin}. */
  elapsed(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
}

/** Creates a deadline. Counts by the clock, or by the time waited if the clock stands still. */
export function createDeadline({ wait, now, ...pace }: PollingLimits & { wait: Wait; now: () => number }): Deadline {
  let beganAt = now()
  let waited = 0
  return {
    ...pace,
    begin() {
      beganAt = now()
    },
    elapsed: () => Math.max(now() - beganAt, waited),
    async pause(ms, signal) {
      if (ms <= 0) return
      await waitOrAbort(wait, ms, signal)
      if (!signal?.aborted) waited += ms
    },
  }
}
