/**
 * Emulates a request that Cloudflare cancels while it waits for an answer: the first one whose URL has the text is never
 * answered, and its promise never settles, for whoever waits for it.
 */
export function firstIsLost(fetch: typeof globalThis.fetch, text: string): typeof globalThis.fetch {
  let isLost = false
  return (input, init) => {
    const { url } = new Request(input, init)
    if (isLost || !url.includes(text)) return fetch(input, init)
    isLost = true
    return new Promise(() => {})
  }
}
