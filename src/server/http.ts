import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import { problem } from '../gateway/problem.ts'
import { type Listener, oneAtATime } from './pipelining.ts'

export interface HttpOptions {
  readonly fetch: (request: Request) => Promise<Response>
  readonly hostname: string
  /** 0: any that is free. */
  readonly port: number
  /** Connections held at once. Default: {@link MAX_CONNECTIONS}. */
  readonly maxConnections?: number
  /** Milliseconds for a request to arrive, its body too. Default: {@link REQUEST_TIMEOUT}. */
  readonly requestTimeout?: number
  /** Is told when a connection had to give way, at most once a minute. */
  readonly onFull?: () => void
}

export interface HttpServer {
  readonly port: number
  /** Accepts nothing more, gives requests under way some seconds, and then cuts their connections. */
  close(): Promise<void>
}

export const MAX_CONNECTIONS = 1_000
export const REQUEST_TIMEOUT = 60_000
/** Milliseconds for the headers of a request; a client sends them at once. */
const HEADERS_TIMEOUT = 10_000
/** Milliseconds that an idle connection is kept: longer than load balancers keep one, so that none is found closed as it is used. */
const KEEP_ALIVE = 75_000
/** Milliseconds without a byte in either direction, after which a connection is cut. A call takes less to answer. */
const SILENCE = 120_000
/** Milliseconds between two looks at what has timed out. */
const CHECK_EVERY = 2_000
/** Milliseconds that requests under way have to end. */
const GRACE = 5_000
const TELL_EVERY = 60_000
/** The part of the connections that stays open to newcomers when the gateway is answering on all the others. */
const RESERVED = 0.1

/**
 * Serves a `fetch`-shaped handler over HTTP/1.1 on Node, within bounds that a client cannot move: headers have 10 s to arrive, a
 * request has {@link HttpOptions.requestTimeout}, and when all connections are taken, the one that has kept its request to itself for
 * the longest gives way to a new one. A slow client therefore costs its own connection, and not that of another. One on which the
 * gateway is answering is never cut for another; when it is answering on nine tenths of them, further requests are answered 503
 * `BUSY`. Of each connection one request is answered at a time.
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
      oneAtATime((incoming, outgoing) => {
        onRequest(incoming, outgoing)
        listener?.(incoming, outgoing)
      }),
    )
  const server = await new Promise<Server>((resolve, reject) => {
    const admit = async (request: Request, { incoming }: { incoming: object }): Promise<Response> =>
      excessive.has(incoming) ? busy() : fetch(withBody(request, incoming as IncomingMessage))
    const made = serve(
      { fetch: admit, hostname, port, serverOptions, createServer: createSerialServer as typeof createServer },
      () => resolve(made),
    ) as Server
    made.once('error', reject)
  })
  server.setTimeout(SILENCE)
  onRequest = boundConnections(server, maxConnections, onFull, request => excessive.add(request))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      const cut = setTimeout(() => server.closeAllConnections(), GRACE)
      await closed
      clearTimeout(cut)
    },
  }
}

/**
 * Makes the body of a request a stream of what arrives. The getter of `@hono/node-server` builds a second `Request` for it first,
 * which costs as much as verifying a signature.
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
 * Keeps the connections that wait for a client apart from those that wait for the gateway: only the former may be cut.
 *
 * @param refuse is told of a request that is not to be handled, before it is
 * @returns takes each request before its handler, which may answer at once
 */
function boundConnections(
  server: Server,
  most: number,
  onFull: () => void,
  refuse: (request: IncomingMessage) => void,
): Listener {
  const reserved = Math.ceil(most * RESERVED)
  const mostAnswering = Math.max(1, most - reserved)
  /** In the order in which they began to wait. */
  const waiting = new Set<Socket>()
  const answering = new Set<Socket>()
  let toldAt = Number.NEGATIVE_INFINITY

  const wait = (socket: Socket): void => {
    answering.delete(socket)
    if (!socket.destroyed) waiting.add(socket)
  }
  const answer = (socket: Socket): void => {
    waiting.delete(socket)
    if (!socket.destroyed) answering.add(socket)
  }

  server.on('connection', (socket: Socket) => {
    waiting.add(socket)
    socket.once('close', () => {
      waiting.delete(socket)
      answering.delete(socket)
    })
    // The reserve is at least one, and the new connection the last: it never gives way to itself.
    if (waiting.size <= Math.max(most - answering.size, reserved)) return
    const [longest] = waiting
    waiting.delete(longest!)
    longest!.destroy()
    if (performance.now() - toldAt < TELL_EVERY) return
    toldAt = performance.now()
    onFull()
  })
  return (incoming, outgoing) => {
    const { socket } = incoming
    if (answering.size >= mostAnswering && !answering.has(socket)) return refuse(incoming)
    if (!hasBody(incoming)) answer(socket)
    else incoming.once('end', () => outgoing.writableEnded || answer(socket))
    // The answer is made: whether it is fetched is up to the client.
    outgoing.once('prefinish', () => wait(socket))
  }
}

const busy = (): Response =>
  problem({
    status: 503,
    code: 'BUSY',
    detail: 'The gateway is answering as many requests as it can. Nothing was done; send this one again.',
    mayHaveTakenEffect: false,
    headers: { 'Retry-After': '5', Connection: 'close' },
  })
