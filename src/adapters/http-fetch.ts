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
  /**
   * Whether to request gzip and decompress it, like `fetch`. Default: requests no compression, and does not decompress
   */
  readonly decompress?: boolean
}

/**
 * Keeps idle connections for 4 seconds. Servers close them after 5 or more, and the client must be first, because a
 * call on a connection that the server is closing fails with an unknown outcome.
 */
export const KEEP_ALIVE = { keepAlive: true, timeout: 4_000 } as const

/**
 * Creates a `fetch` over `node:http` that sends each request once, even if the connection breaks: only the caller knows
 * whether a request that may have taken effect can be repeated. Deno's own `fetch` sends a POST again if the connection
 * breaks after the request has arrived.
 *
 * A body that is not a stream is sent with its length; a stream only if the header `content-length` is set. Redirects
 * are returned, not followed. There are no cache and no cookies.
 *
 * @returns a `fetch` that rejects like the standard one: with the signal's reason, or with a `TypeError` that has a
 * `cause`
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
            // Waits until the connection is free, so that the next call can reuse it.
            incoming.resume().on('close', () => resolve(response))
          } catch (error) {
            // A Response does not accept the status or a header.
            sent.destroy(error as Error)
          }
        })
        .on('error', error => reject(signal.aborted ? signal.reason : failed(error)))
        .on('close', () => signal.removeEventListener('abort', abort))
      // If the stream fails, pipeline destroys the request, which emits the error.
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
