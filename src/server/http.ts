import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { serve } from '@hono/node-server'
import { problemMessage, problemResponse, type Refusal } from '../gateway/problem.ts'
import { boundChunks } from './chunk-bound.ts'
import { hasBody, withBody } from './incoming-body.ts'
import { type Listener, serializeRequests } from './pipelining.ts'
import { respondAndClose } from './respond-and-close.ts'
import { refuseUnparsable } from './unparsable-request.ts'

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
  /** Called when a connection was closed because a body came in tiny chunks, at most once per minute. */
  readonly onTinyChunks?: (request: RequestOrigin) => void
}

/** Tells which client sent a request, and where to. */
export interface RequestOrigin {
  readonly address: string | undefined
  /** Without its query, which may have secrets; cut after {@link MAX_LOGGED_PATH} characters. */
  readonly path: string
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
/** Milliseconds between two searches for idle connections while the server closes. */
const CLOSE_IDLE_EVERY = 50
const REPORT_EVERY = 60_000
const MAX_LOGGED_PATH = 256
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
  onTinyChunks = () => {},
}: HttpOptions): Promise<HttpServer> {
  /** The response to the latest request of a connection. By the request, each would be kept until the next full garbage collection. */
  const responses = new WeakMap<Socket, ServerResponse>()
  const reportTinyChunks = atMostOncePerMinute(onTinyChunks)
  const refuseTinyChunks = (incoming: IncomingMessage, { problem }: Refusal): boolean => {
    reportTinyChunks(originOf(incoming))
    const outgoing = responses.get(incoming.socket)
    // The response has begun or is complete, or an earlier one of the connection is not.
    if (outgoing?.req !== incoming || !outgoing.socket || outgoing.headersSent) return false
    respondAndClose(outgoing.socket, problemMessage(problem))
    return true
  }
  const serverOptions = {
    headersTimeout: Math.min(HEADERS_TIMEOUT, requestTimeout),
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE,
    connectionsCheckingInterval: Math.min(CHECK_EVERY, requestTimeout),
    IncomingMessage: boundChunks(refuseTinyChunks),
  }
  const excessive = new WeakSet<object>()
  let onRequest: Listener = () => {}
  const createSerialServer = (options: object, listener?: RequestListener): Server => {
    const handle = serializeRequests((incoming, outgoing) => {
      onRequest(incoming, outgoing)
      listener?.(incoming, outgoing)
    })
    const created = createServer(options, (incoming, outgoing) => {
      responses.set(incoming.socket, outgoing)
      handle(incoming, outgoing)
    })
    created.on('clientError', (error, socket: Socket) => refuseUnparsable(error, socket, responses.get(socket)))
    return created
  }
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
  onRequest = boundConnections(server, maxConnections, atMostOncePerMinute(onFull), request => excessive.add(request))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      // The connection of a request that ends from now on would be kept for its next one.
      const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY)
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE)
      await closed
      clearInterval(idle)
      clearTimeout(timer)
    },
  }
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

function atMostOncePerMinute<Of extends readonly unknown[]>(report: (...of: Of) => void): (...of: Of) => void {
  let reportedAt = Number.NEGATIVE_INFINITY
  return (...of) => {
    if (performance.now() - reportedAt < REPORT_EVERY) return
    reportedAt = performance.now()
    report(...of)
  }
}

const originOf = ({ socket, url = '' }: IncomingMessage): RequestOrigin => ({
  address: socket.remoteAddress,
  path: url.split('?', 1)[0]!.slice(0, MAX_LOGGED_PATH),
})

const busy = (): Response =>
  problemResponse({
    status: 503,
    code: 'BUSY',
    detail: 'The gateway is handling as many requests as it can. Nothing was done; send the request again.',
    mayHaveTakenEffect: false,
    headers: { 'Retry-After': '5', Connection: 'close' },
  })
