import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { versions } from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBodyQueue } from './body-queue.ts'
import { isPlain, readPlainBody, readPlainHeaders } from './plain-request.ts'
import { hasBody, responseOf } from './quick-response.ts'
import { settleOnce } from './settlement.ts'

const isDeno = 'deno' in versions

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
    const { url, method, headers, bytes, stream, signal } = await readRequest(input, init)
    headers['accept-encoding'] = decompress ? 'gzip' : 'identity'
    if (!stream && method !== 'GET' && method !== 'HEAD') headers['content-length'] = String(bytes.length)
    signal?.throwIfAborted()

    return new Promise((resolvePromise, rejectPromise) => {
      const { resolve, reject } = settleOnce({ resolve: resolvePromise, reject: rejectPromise })
      const [request, agent] = url.protocol === 'https:' ? [requestHttps, agents.https] : [requestHttp, agents.http]
      const sent = request(url, { method, headers, agent, ...(lookup && { lookup }) })
      // Deno sends a request again, even an aborted one, if this property says that its connection was used before.
      if (isDeno) Object.defineProperty(sent, 'reusedSocket', { get: () => false, set() {} })
      let received: IncomingMessage | undefined
      const abort = () => {
        received?.destroy(signal?.reason)
        sent.destroy(signal?.reason)
      }
      signal?.addEventListener('abort', abort)
      sent
        .on('response', incoming => {
          received = incoming
          try {
            const { statusCode: status = 0, rawHeaders } = incoming
            const reader = hasBody(status) ? readerOf(incoming) : null
            const response = responseOf({ status, headers: rawHeaders }, reader, decompress)
            if (reader) return resolve(response)
            // Waits until the connection is free, so that the next call can reuse it.
            incoming.resume().on('close', () => resolve(response))
          } catch (error) {
            // A Response does not accept the status or a header.
            sent.destroy(error as Error)
          }
        })
        .on('error', error => reject(signal?.aborted ? signal.reason : fetchError(error)))
        .on('close', () => signal?.removeEventListener('abort', abort))
      // If the stream fails, pipeline destroys the request, which emits the error.
      if (stream) pipeline(Readable.fromWeb(stream as never), sent).catch(() => {})
      else sent.end(bytes)
    })
  }
}

/** A request, as `node:http` takes it. */
interface RequestParts {
  readonly url: URL
  readonly method: string
  readonly headers: Record<string, string>
  readonly bytes: Uint8Array
  /** The body, if it is sent while it arrives. */
  readonly stream: ReadableStream | null
  readonly signal: AbortSignal | null | undefined
}

/** Reads the arguments of `fetch`. */
async function readRequest(input: RequestInfo | URL, init: RequestInit | undefined): Promise<RequestParts> {
  if (isPlain(input, init))
    return {
      url: new URL(input as string),
      method: init.method,
      headers: readPlainHeaders(init),
      bytes: readPlainBody(init),
      stream: null,
      signal: init.signal,
    }
  const request = new Request(input, init)
  const { method, signal } = request
  const stream = init?.body instanceof ReadableStream ? request.body : null
  return {
    url: new URL(request.url),
    method,
    headers: Object.fromEntries(request.headers),
    bytes: stream ? new Uint8Array() : new Uint8Array(await request.arrayBuffer()),
    stream,
    signal,
  }
}

/** Reads the body of a message. */
function readerOf(incoming: IncomingMessage) {
  const { queue, reader } = createBodyQueue(
    () => void incoming.resume(),
    () => void incoming.destroy(),
  )
  incoming
    .on('data', (chunk: Uint8Array) => {
      if (!queue.push(chunk)) incoming.pause()
    })
    .on('end', queue.end)
    // Emitted for a body that breaks off, too.
    .on('error', queue.fail)
    .on('close', () => queue.fail(new Error('the connection was closed')))
  return reader
}

/** Creates the error that `fetch` rejects with. */
export const fetchError = (cause: Error): TypeError => new TypeError('fetch failed', { cause })
