import { type Wait, waitOrAbort } from '../wait.ts'

interface Pace {
  /** Milliseconds between two calls. */
  readonly interval: number
  /** Milliseconds until what is not settled is reversed. */
  readonly limit: number
  /** How often a reversal is tried. */
  readonly reversals: number
}

/** The time that a payment by code takes. */
export interface Course extends Pace {
  /** The payment goes out now. */
  begin(): void
  /** Milliseconds since. */
  elapsed(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
}

/** Time passes by the clock, and where that stands still, by what was waited. */
export function courseOf({ wait, now, ...pace }: Pace & { wait: Wait; now: () => number }): Course {
  let began = now()
  let waited = 0
  return {
    ...pace,
    begin() {
      began = now()
    },
    elapsed: () => Math.max(now() - began, waited),
    async pause(ms, signal) {
      if (ms <= 0) return
      await waitOrAbort(wait, ms, signal)
      if (!signal?.aborted) waited += ms
    },
  }
}
