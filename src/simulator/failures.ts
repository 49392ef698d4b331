/** Failures to keep for the next caller that waits. A server may run for long without one. */
const MAX_FAILURES = 100

/** Failures of scheduled work and of callbacks, which no caller has received yet. */
export interface Failures {
  /** Keeps a failure, and reports it to the option `onError` at once. */
  record(error: unknown): void
  /** Returns the failures and forgets them. */
  take(): unknown[]
  /** Returns a function that calls a callback, and records what it throws or rejects with instead of passing it on. */
  isolate<Parameters extends readonly unknown[]>(
    callback: ((...parameters: Parameters) => unknown) | undefined,
  ): (...parameters: Parameters) => void
}

/** @param onError called with each failure at once, whether or not anybody waits for the work */
export function createFailures(onError?: (error: unknown) => void): Failures {
  const failures: unknown[] = []
  const record = (error: unknown): void => {
    failures.push(error)
    if (failures.length > MAX_FAILURES) failures.shift()
    // An error of `onError` itself becomes an unhandled rejection: it must not reach the work that reports.
    void new Promise(resolve => resolve(onError?.(error)))
  }
  return {
    record,
    take: () => failures.splice(0),
    isolate:
      callback =>
      (...parameters) => {
        try {
          Promise.resolve(callback?.(...parameters)).catch(record)
        } catch (error) {
          record(error)
        }
      },
  }
}
