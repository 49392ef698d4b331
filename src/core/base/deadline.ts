/** A time limit shared by several pieces of work. */
export interface Deadline {
  /** Aborts with the error of the deadline when the time is up. */
  readonly signal: AbortSignal
  /** Waits for work until the deadline. Work that ignores the signal continues unobserved. */
  readonly wait: <T>(work: Promise<T>) => Promise<T>
  /** Stops the clock. */
  readonly end: () => void
}

/** Cause of the end of a deadline: its time, or the caller's signal. */
export type DeadlineCause = 'TIMEOUT' | 'ABORTED'

/**
 * Starts a time limit.
 *
 * @param milliseconds no limit if not finite
 * @param errorOf creates the error that {@link Deadline.wait} rejects with
 * @param caller ends the deadline early when it aborts
 */
export function startDeadline(
  milliseconds: number,
  errorOf: (cause: DeadlineCause) => unknown,
  caller?: AbortSignal,
): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  const ended = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  // Prevents an unhandled rejection if nothing is waiting when the time is up.
  ended.catch(() => {})
  const abort = (cause: DeadlineCause): void => controller.abort(errorOf(cause))
  const abortForCaller = (): void => abort('ABORTED')
  caller?.addEventListener('abort', abortForCaller)
  const timer = Number.isFinite(milliseconds) ? setTimeout(abort, milliseconds, 'TIMEOUT') : undefined
  return {
    signal,
    wait: work => Promise.race([work, ended]),
    end() {
      clearTimeout(timer)
      caller?.removeEventListener('abort', abortForCaller)
    },
  }
}

/**
 * Runs work within a time limit.
 *
 * @param work receives a signal that aborts when the time is up
 * @throws the error of `errorOf`, when the time is up or `caller` aborts
 * @example
 * ```ts
 * await withDeadline(3_000, () => new Error('no answer'), () => store.probeWrite())
 * ```
 */
export async function withDeadline<T>(
  milliseconds: number,
  errorOf: (cause: DeadlineCause) => unknown,
  work: (signal: AbortSignal) => Promise<T>,
  caller?: AbortSignal,
): Promise<T> {
  const deadline = startDeadline(milliseconds, errorOf, caller)
  try {
    return await deadline.wait(work(deadline.signal))
  } finally {
    deadline.end()
  }
}
