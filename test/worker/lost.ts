/**
 * Emulates a request that Cloudflare cancels while it waits for an answer: the first one whose URL has the text is never
 * answered, and its promise never settles, for whoever waits for it. `isLost` says whether it has been sent.
 */
export function losingFirst(
  fetch: typeof globalThis.fetch,
  text: string,
): { fetch: typeof globalThis.fetch; isLost: () => boolean } {
  let isLost = false
  return {
    isLost: () => isLost,
    fetch: (input, init) => {
      const { url } = new Request(input, init)
      if (isLost || !url.includes(text)) return fetch(input, init)
      isLost = true
      return new Promise(() => {})
    },
  }
}
