import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** How a `fetch` over `node:http` connects, and what it makes of a body. */
export interface HttpFetchOptions {
  /** The connections of each protocol. */
  readonly agents: { readonly http: Agent; readonly https: Agent }
  /** Finds the addresses of a name. Default: as the system does. */
  readonly lookup?: LookupFunction
  /** Asks for gzip, and decompresses what comes so, as `fetch` does. Default: asks for none, and leaves a body as it came. */
  readonly decompress?: boolean
}

/**
 * Settings of an agent that keeps idle connections for 4 seconds: servers close them after 5 and more, and the client has
 * to be first, because a call on a connection that was just closed fails and leaves a doubt.
 */
export const KEEP_ALIVE = { keepAlive: true, timeout: 4_000 } as const

/**
 * Makes a `fetch` over `node:http` that sends each request once, whatever becomes of the connection: a request that may
 * have taken effect is repeated by whoever knows what it did, or by nobody. Deno's own `fetch` sends a POST again when the
 * connection breaks after the request has arrived.
 *
 * A body that is not a stream goes out with its length; a stream does where the header `content-length` gives it. A redirect
 * comes back as it is. There is no cache and no cookie.
 *
 * @returns a `fetch` that rejects as any does: with the signal's reason, or with a `TypeError` that has a `cause`
 * @see https://github.com/denoland/deno/issues/36786
 * @example
 * ```ts
 * const fetch = createHttpFetch({ agents: { http: new http.Agent(), https: new https.Agent() } })
 * ```
 */
export function createHttpFetch({ agents, lookup, decompress = false }: HttpFetchOptions): typeof fetch {
  return async (input, init) => {
    const standard = new Request(input, init)
    const { method, signal } = standard
    const url = new URL(standard.url)
    const stream = init?.body instanceof ReadableStream ? standard.body : null
    const bytes = stream ? new Uint8Array() : new Uint8Array(await standard.arrayBuffer())
    const headers = new Headers(standard.headers)
    headers.set('accept-encoding', decompress ? 'gzip' : 'identity')
    if (!stream && method !== 'GET' && method !== 'HEAD') headers.set('content-length', String(bytes.length))
    signal.throwIfAborted()

    return new Promise((resolve, reject) => {
      const [request, agent] = url.protocol === 'https:' ? [requestHttps, agents.https] : [requestHttp, agents.http]
      const sent = request(url, { method, headers: Object.fromEntries(headers), agent, ...(lookup && { lookup }) })
      // Deno sends a request again, even one that was aborted, where this says that its connection was used before.
      Object.defineProperty(sent, 'reusedSocket', { get: () => false, set() {} })
      let received: IncomingMessage | undefined
      const abort = () => {
        received?.destroy(signal.reason)
        sent.destroy(signal.reason)
      }
      signal.addEventListener('abort', abort)
      sent
        .on('response', incoming => {
          received = incoming
          try {
            const response = responseOf(incoming, decompress)
            if (response.body) return resolve(response)
            // Not before its connection is free, for the next call to take.
            incoming.resume().on('close', () => resolve(response))
          } catch (error) {
            // A status or a header that no Response can have.
            sent.destroy(error as Error)
          }
        })
        .on('error', error => reject(signal.aborted ? signal.reason : failed(error)))
        .on('close', () => signal.removeEventListener('abort', abort))
      // A stream that fails destroys the request, which tells by its own event.
      if (stream) pipeline(Readable.fromWeb(stream as never), sent).catch(() => {})
      else sent.end(bytes)
    })
  }
}

/** Makes the error that `fetch` rejects with. */
export const failed = (cause: Error): TypeError => new TypeError('fetch failed', { cause })

/** Statuses whose response has no body (Fetch, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

function responseOf(incoming: IncomingMessage, decompress: boolean): Response {
  const { statusCode: status = 0, rawHeaders } = incoming
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  if (BODILESS.has(status)) return new Response(null, { status, headers })
  const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array<ArrayBuffer>>
  const isCompressed = decompress && headers.get('content-encoding')?.trim().toLowerCase() === 'gzip'
  return new Response(isCompressed ? body.pipeThrough(new DecompressionStream('gzip')) : body, { status, headers })
}
