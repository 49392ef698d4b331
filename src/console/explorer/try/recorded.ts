/** A request as it was sent, and its response as it arrived. */
export interface RecordedExchange {
  readonly method: string
  readonly url: string
  readonly requestHeaders: readonly (readonly [name: string, value: string])[]
  readonly requestBody: string
  /** Absent: no response arrived. */
  readonly response?: {
    readonly status: number
    readonly headers: readonly (readonly [name: string, value: string])[]
    readonly body: string
  }
}

/**
 * Creates a `fetch` that records what it sends and receives.
 *
 * @param headers to add to each request
 */
export function createRecordingFetch(
  exchanges: RecordedExchange[],
  headers: Readonly<Record<string, string>> = {},
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
    const sent = {
      method: request.method,
      url: request.url,
      requestHeaders: [...request.headers],
      requestBody: await request.clone().text(),
    }
    const at = exchanges.push(sent) - 1
    const response = await fetch(request)
    const { status, headers: received } = response
    exchanges[at] = { ...sent, response: { status, headers: [...received], body: await response.clone().text() } }
    return response
  }
}

/** Returns the value of a header. */
export const headerOf = (headers: RecordedExchange['requestHeaders'], wanted: string): string | undefined =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
