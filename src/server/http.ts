import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import { problem } from '../gateway/problem.ts'
import { type Listener, serializeRequests } from './pipelining.ts'

export interface HttpOptions {
  readonly fetch: (request: Request) => Promise<Response>
  readonly hostname: string
  /** 0: any free port. */
  readonly port: number
  /** Connections held at once. Default: {@link MAX_CONNECTIONS}. */
  readonly maxConnections?: number
  /** Milliseconds for a request to arrive, including its body. Default: {@link REQUEST_TIMEOUT}. */
  readonly requestTimeout?: number
  /** Called when a connection was closed to admit another, at most once per minute. */
  readonly onFull?: () => void
}

export interface HttpServer {
  readonly port: number
  /** Accepts no more connections, waits some seconds for requests in progress, and then closes their connections. */
  close(): Promise<void>
}

export const MAX_CONNECTIONS = 1_000
export const REQUEST_TIMEOUT = 60_000
/** Milliseconds for the headers of a request; a client sends them at once. */
const HEADERS_TIMEOUT = 10_000
/** Milliseconds for which an idle connection is kept: longer than load balancers keep one, so that they never reuse a closed one. */
const KEEP_ALIVE = 75_000
/** Milliseconds without a byte in either direction after which a connection is closed. A call takes less time than that. */
const MAX_SILENCE = 120_000
/** Milliseconds between two checks for timeouts. */
const CHECK_EVERY = 2_000
/** Milliseconds for which `close` waits for requests in progress. */
const CLOSE_GRACE = 5_000
const REPORT_EVERY = 60_000
/** The share of connections that is reserved for new clients while the gateway handles requests on all others. */
const RESERVED = 0.1

/**
 * Serves a `fetch`-shaped handler over HTTP/1.1 on Node, within bounds that a client cannot change: headers must arrive within 10 s
 * and a request within {@link HttpOptions.requestTimeout}. When all connections are in use, a new one replaces the one that has
 * waited longest for its client, so that a slow client costs only its own connection. A connection whose request is being handled
 * is never closed for another; when nine tenths of the connections are in that state, further requests get 503 `BUSY`. Each
 * connection has one request handled at a time.
 *
 * @throws what `listen` throws: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function listenHttp({
  fetch,
  hostname,
  port,
  maxConnections = MAX_CONNECTIONS,
  requestTimeout = REQUEST_TIMEOUT,
  onFull = () => {},
}: HttpOptions): Promise<HttpServer> {
  const serverOptions = {
    headersTimeout: Math.min(HEADERS_TIMEOUT, requestTimeout),
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE,
    connectionsCheckingInterval: Math.min(CHECK_EVERY, requestTimeout),
  }
  const excessive = new WeakSet<object>()
  let onRequest: Listener = () => {}
  const createSerialServer = (options: object, listener?: RequestListener): Server =>
    createServer(
      options,
      serializeRequests((incoming, outgoing) => {
        onRequest(incoming, outgoing)
        listener?.(incoming, outgoing)
      }),
    )
  const server = await new Promise<Server>((resolve, reject) => {
    const admit = async (request: Request, { incoming }: { incoming: object }): Promise<Response> =>
      excessive.has(incoming) ? busy() : fetch(withBody(request, incoming as IncomingMessage))
    const created = serve(
      { fetch: admit, hostname, port, serverOptions, createServer: createSerialServer as typeof createServer },
      () => resolve(created),
    ) as Server
    created.once('error', reject)
  })
  server.setTimeout(MAX_SILENCE)
  onRequest = boundConnections(server, maxConnections, onFull, request => excessive.add(request))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE)
      await closed
      clearTimeout(timer)
    },
  }
}

/**
 * Replaces the `body` of a request by a stream of the incoming message. The getter of `@hono/node-server` would create a second
 * `Request` first, which costs as much as verifying a signature.
 */
function withBody(request: Request, incoming: IncomingMessage): Request {
  let body: ReadableStream | null | undefined = hasBody(incoming) ? undefined : null
  return Object.defineProperty(request, 'body', {
    get() {
      if (body === undefined) body = Readable.toWeb(incoming) as ReadableStream
      return body
    },
  })
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Limits the connections. Connections that wait for their client are kept apart from those that wait for the gateway: only the
 * former may be closed for a new one.
 *
 * @param refuse called with each request that must be refused, before its handler runs
 * @returns a listener to be called with each request before its handler, which may respond at once
 */
function boundConnections(
  server: Server,
  maxConnections: number,
  onFull: () => void,
  refuse: (request: IncomingMessage) => void,
): Listener {
  const reserved = Math.ceil(maxConnections * RESERVED)
  const maxAnswering = Math.max(1, maxConnections - reserved)
  /** Connections that wait for their client, in the order in which they began to wait. */
  const waiting = new Set<Socket>()
  /** Connections that wait for the gateway. */
  const answering = new Set<Socket>()
  let reportedAt = Number.NEGATIVE_INFINITY

  const markWaiting = (socket: Socket): void => {
    answering.delete(socket)
    if (!socket.destroyed) waiting.add(socket)
  }
  const markAnswering = (socket: Socket): void => {
    waiting.delete(socket)
    if (!socket.destroyed) answering.add(socket)
  }

  server.on('connection', (socket: Socket) => {
    waiting.add(socket)
    socket.once('close', () => {
      waiting.delete(socket)
      answering.delete(socket)
    })
    // `reserved` is at least 1 and the new connection comes last in `waiting`, so it never closes itself.
    if (waiting.size <= Math.max(maxConnections - answering.size, reserved)) return
    const [longest] = waiting
    waiting.delete(longest!)
    longest!.destroy()
    if (performance.now() - reportedAt < REPORT_EVERY) return
    reportedAt = performance.now()
    onFull()
  })
  return (incoming, outgoing) => {
    const { socket } = incoming
    if (answering.size >= maxAnswering && !answering.has(socket)) return refuse(incoming)
    if (!hasBody(incoming)) markAnswering(socket)
    else incoming.once('end', () => outgoing.writableEnded || markAnswering(socket))
    // From here on the connection waits for the client to read the response.
    outgoing.once('prefinish', () => markWaiting(socket))
  }
}

const busy = (): Response =>
  problem({
    status: 503,
    code: 'BUSY',
    detail: 'The gateway is handling as many requests as it can. Nothing was done; send the request again.',
    mayHaveTakenEffect: false,
    headers: { 'Retry-After': '5', Connection: 'close' },
  })
