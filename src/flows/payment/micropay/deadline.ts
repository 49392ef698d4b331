import { type Wait, waitOrAbort } from '../../wait.ts'

interface PollingLimits {
  /** Milliseconds between two calls. */
  readonly interval: number
  /** Milliseconds until an unsettled payment is reversed. */
  readonly limit: number
  /** Number of attempts to reverse. */
  readonly reversals: number
}

/** The time that a payment by code may take, counted from the moment it is sent. */
export interface Deadline extends PollingLimits {
  /** Starts the count: the payment is sent now. */
  begin(): void
  /** Milliseconds since {@link begin}. */
  elapsed(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
}

/** Counts by the clock, and where the clock stands still, by what was waited. */
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
