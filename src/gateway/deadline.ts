/** A time limit that several pieces of work share. */
export interface Deadline {
  /** Aborts with the error of the deadline when the time is up. */
  readonly signal: AbortSignal
  /** Waits for work, but no longer than the deadline. Work that ignores the signal is left behind, and its error with it. */
  readonly wait: <T>(work: Promise<T>) => Promise<T>
  /** Stops the clock. */
  readonly end: () => void
}

/**
 * Starts a time limit.
 *
 * @param errorOf makes the error that {@link Deadline.wait} rejects with when the time is up
 */
export function startDeadline(milliseconds: number, errorOf: () => unknown): Deadline {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = errorOf()
      reject(error)
      controller.abort(error)
    }, milliseconds)
  })
  // Nobody may be waiting when the time is up.
  late.catch(() => {})
  return {
    signal: controller.signal,
    wait: work => Promise.race([work, late]),
    end: () => clearTimeout(timer),
  }
}

/**
 * Runs work within a time limit.
 *
 * @param work is handed a signal that aborts when the time is up
 * @throws what `errorOf` makes, when the time is up
 * @example
 * ```ts
 * await withDeadline(3_000, () => new Error('no answer'), () => book.probeWrite())
 * ```
 */
export async function withDeadline<T>(
  milliseconds: number,
  errorOf: () => unknown,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = startDeadline(milliseconds, errorOf)
  try {
    return await deadline.wait(work(deadline.signal))
  } finally {
    deadline.end()
  }
}
