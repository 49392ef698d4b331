/**
 * Waits, until the time is up or the signal is aborted. A test gives one of its own.
 *
 * @param ms milliseconds
 */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>

/** With the runtime's timers. Rejects with the signal's reason. */
export const waitWithTimer: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, { once: true })
  })

/** Waits, and takes the end of the signal for the end of the waiting, whichever way `wait` tells of it. */
export async function waitOrAbort(wait: Wait, ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, signal)
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}
