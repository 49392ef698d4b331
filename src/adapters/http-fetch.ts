import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Options of a `fetch` over `node:http`. */
export interface HttpFetchOptions {
  /** The agent of each protocol. */
  readonly agents: { readonly http: Agent; readonly https: Agent }
  /** Resolves a name. Default: the system's resolver. */
  readonly lookup?: LookupFunction
  /** Asks for gzip and decompresses it, as `fetch` does. Default: asks for no compression, and does not decompress. */
  readonly decompress?: boolean
}

/**
 * Keeps idle connections for 4 seconds: servers close them after 5 or more, and the client must be first, because a call on a
 * connection that was just closed fails with an unknown outcome.
 */
export const KEEP_ALIVE = { keepAlive: true, timeout: 4_000 } as const

/**
 * Creates a `fetch` over `node:http` that sends each request once, whatever happens to the connection: only the caller knows whether
 * a request that may have taken effect can be repeated. Deno's own `fetch` sends a POST again when the connection breaks after the
 * request has arrived.
 *
 * A body that is not a stream is sent with its length; a stream only if the header `content-length` gives it. Redirects are returned,
 * not followed. There is no cache and no cookie.
 *
 * @returns a `fetch` that rejects as the standard one does: with the signal's reason, or with a `TypeError` that has a `cause`
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
      // Deno sends a request again, even an aborted one, if this property says that its connection was used before.
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
            // The connection must be free first, so that the next call can reuse it.
            incoming.resume().on('close', () => resolve(response))
          } catch (error) {
            // The status or a header is invalid in a Response.
            sent.destroy(error as Error)
          }
        })
        .on('error', error => reject(signal.aborted ? signal.reason : failed(error)))
        .on('close', () => signal.removeEventListener('abort', abort))
      // A failing stream destroys the request, which emits its own error.
      if (stream) pipeline(Readable.fromWeb(stream as never), sent).catch(() => {})
      else sent.end(bytes)
    })
  }
}

/** Creates the error that `fetch` rejects with. */
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
