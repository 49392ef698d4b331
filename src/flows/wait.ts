/**
 * Waits until the time has passed or the signal is aborted. Tests pass their own implementation.
 *
 * @param ms milliseconds
 */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>

/** Waits with the runtime's timers. Rejects with the signal's reason. */
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

/** Waits, and also returns when the signal is aborted, whether `wait` resolves or rejects then. */
export async function waitOrAbort(wait: Wait, ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, signal)
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}
