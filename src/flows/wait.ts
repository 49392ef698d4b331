/** Waits, until the time is up or the signal is aborted. A test gives one of its own. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

/** With the runtime's timers. Rejects with the signal's reason. */
export const wait: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal.addEventListener('abort', abort, { once: true })
  })
