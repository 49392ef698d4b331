/**
 * Waits. Where a signal is given, it ends when that is aborted: by resolving or by rejecting, both are taken alike.
 *
 * @param ms milliseconds
 */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>

/** With a timer. */
export const wait: Wait = (ms, signal) =>
  new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
  })

/** Waits, and takes the end of the signal for the end of the waiting, whichever way `wait` tells of it. */
export async function waitOrAbort(wait: Wait, ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, signal)
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}
