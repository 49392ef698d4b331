/**
 * Emulates the connections of one invocation on Cloudflare: six requests have one, and each further request waits until one of
 * them has its response headers. It is aborted where it waits, and then was never sent.
 */
export function sixSlots(fetch: typeof globalThis.fetch): {
  fetch: typeof globalThis.fetch
  mostWaiting: () => number
} {
  let free = 6
  let mostWaiting = 0
  const waiting: (() => void)[] = []
  const slot = (): Promise<void> | undefined => {
    if (free > 0) {
      free--
      return undefined
    }
    return new Promise(resolve => {
      waiting.push(resolve)
      mostWaiting = Math.max(mostWaiting, waiting.length)
    })
  }
  const release = (): void => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return {
    mostWaiting: () => mostWaiting,
    async fetch(input, init) {
      await slot()
      try {
        init?.signal?.throwIfAborted()
        return await fetch(input, init)
      } finally {
        release()
      }
    },
  }
}
