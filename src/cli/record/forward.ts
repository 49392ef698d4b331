import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from 'node:http'
import { request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { type ErrorResponse, refusalOfForeign } from './foreign-request.ts'
import { createBodyKeeper } from './kept-body.ts'
import { downstreamHeaders, upstreamHeaders } from './passing-headers.ts'
import type { Exchange } from './record-exchange.ts'

export interface ForwardOptions {
  /** Origin of the service. */
  readonly target: URL
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly onExchange: (exchange: Exchange) => void
  /** Called with a reason, which has nothing of the request in it. */
  readonly onFailure: (reason: string) => void
  /** Called with the reason for which a request was not forwarded. Its message may have the host name of the request in it. */
  readonly onRefusal: (refusal: ErrorResponse) => void
  /** Names that this program may be reached under, besides addresses and `localhost`. */
  readonly allowedHosts: readonly string[]
}

export interface Forwarding {
  readonly port: number
  /** Gives calls in progress a second to end, and waits until they are recorded. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 256
/** Milliseconds for which the service may send nothing. */
const RESPONSE_TIMEOUT = 60_000
/** Milliseconds that calls in progress have to end. */
const CLOSE_TIMEOUT = 1000

/**
 * Forwards the requests of programs to a service, and its responses back. A signature covers method, path, query and body, none of which
 * changes; `Host` becomes that of the service, `Accept-Encoding` becomes `identity`. Bodies stream in both directions, at the pace of the
 * slower side. Requests that a page of another site made a browser send are refused.
 *
 * @throws errors of `listen`: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function forward({ host, port, ...options }: ForwardOptions): Promise<Forwarding> {
  const running = new Set<Promise<void>>()
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 120_000 }, (incoming, outgoing) => {
    const passing = exchange(incoming, outgoing, options)
      .catch(error => {
        options.onFailure(reasonOf(error))
        outgoing.destroy()
      })
      .finally(() => running.delete(passing))
    running.add(passing)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(2 * RESPONSE_TIMEOUT)
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    else socket.destroy()
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  server.on('error', error => options.onFailure(reasonOf(error)))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      await Promise.race([Promise.all(running), new Promise(resolve => setTimeout(resolve, CLOSE_TIMEOUT).unref())])
      server.closeAllConnections()
      await Promise.all([closed, ...running])
    },
  }
}

type ExchangeOptions = Omit<ForwardOptions, 'host' | 'port'>

async function exchange(incoming: IncomingMessage, outgoing: ServerResponse, options: ExchangeOptions): Promise<void> {
  const { method = 'GET', url = '/' } = incoming
  const refusal = refusalOf(incoming, options)
  if (refusal) {
    options.onRefusal(refusal)
    return respond(outgoing, refusal)
  }
  const sent = createBodyKeeper()
  const upstream = startRequest(incoming, method, url, options.target)
  outgoing.once('close', () => outgoing.writableFinished || upstream.destroy())
  const responded = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve).once('error', reject)
    upstream.once('close', () => reject(new Error('the connection was closed')))
  })
  // A service may respond, and close, before it has read the whole body.
  const sending = pipeline(incoming, sent.stream, upstream).catch(() => sent.cut())
  let response: IncomingMessage
  try {
    response = await responded
  } catch (error) {
    if (!outgoing.destroyed) {
      options.onFailure(reasonOf(error))
      respond(outgoing, TARGET_FAILED)
    }
    return
  }
  const received = createBodyKeeper()
  const { statusCode: status = 502, headers } = response
  outgoing.writeHead(status, downstreamHeaders(response))
  try {
    await pipeline(response, received.stream, outgoing)
  } catch {
    received.cut()
  }
  await Promise.race([sending, new Promise(resolve => setImmediate(resolve))])
  options.onExchange({
    method,
    target: url,
    requestBody: sent.body(),
    status,
    responseHeaders: headers,
    responseBody: received.body(),
  })
}

function refusalOf(incoming: IncomingMessage, { allowedHosts }: ExchangeOptions): ErrorResponse | undefined {
  const { url = '/', headers } = incoming
  // A whole URL is what a client sends to a proxy: it would name another service.
  if (!url.startsWith('/'))
    return { status: 400, code: 'RECORD_PATH_INVALID', message: 'Send a path: this is not a proxy.' }
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return {
      status: 501,
      code: 'RECORD_TRANSFER_ENCODING_UNKNOWN',
      message:
        'The header Transfer-Encoding names more than chunked. Send the body chunked, or with its Content-Length.',
    }
  return refusalOfForeign(incoming, allowedHosts)
}

function startRequest(incoming: IncomingMessage, method: string, path: string, target: URL): ClientRequest {
  const start = target.protocol === 'https:' ? requestHttps : requestHttp
  const { hostname, port, host } = target
  const headers = upstreamHeaders(incoming, host)
  const upstream = start({ method, path, hostname: hostname.replace(/^\[|\]$/g, ''), port, headers })
  upstream.setTimeout(RESPONSE_TIMEOUT, () => upstream.destroy(new Error('the service sent nothing for too long')))
  return upstream
}

const TARGET_FAILED: ErrorResponse = {
  status: 502,
  code: 'RECORD_TARGET_FAILED',
  message: 'The service has not responded. It may have carried the call out.',
}

function respond(outgoing: ServerResponse, { status, code, message }: ErrorResponse): void {
  if (outgoing.headersSent) return void outgoing.destroy()
  outgoing.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' })
  outgoing.end(JSON.stringify({ code, message }))
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the target',
  ENOTFOUND: 'the host of the target is unknown',
  ECONNRESET: 'the service has closed the connection',
  ETIMEDOUT: 'the target cannot be reached',
}
/** Describes an error by its code: its message may quote what was sent. */
const reasonOf = (error: unknown): string => {
  const { code } = Object(error) as { code?: unknown }
  return (
    REASONS[String(code)] ??
    (typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? code : 'the service has not responded')
  )
}
