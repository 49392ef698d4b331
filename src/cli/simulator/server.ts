import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { nginxResponse, type SimulatedResponse } from '../../simulator/http/response.ts'
import { ConnectionCut } from '../../simulator/index.ts'
import { certificateOf, requestOf } from './incoming.ts'
import { createBodyReader, declaresTooMuch, type HeldBody, type UnreadBody } from './request-bodies.ts'
import { createServers } from './servers.ts'

/** @param certificate DER of the client certificate that the request presented, if it did */
export type Handler = (request: Request, certificate: Buffer | undefined) => Promise<Response>

/** A request that was refused, as far as it is known. */
export interface RefusedRequest {
  readonly method?: string | undefined
  readonly target?: string | undefined
  readonly status?: number | undefined
  readonly reason?: string | undefined
}

export interface ServerOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /**
   * PEM; enables HTTPS, which requests a client certificate of `clientAuthority`. Clients may present none, or one of
   * an authority with another name.
   */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientAuthority: string } | undefined
  /** Receives each request that was refused before the handler; `reason` is set if it was not valid HTTP. */
  readonly onRefused?: (refusal: RefusedRequest) => void
  /** Bytes of the bodies that are held at once. Default: 64 MB. */
  readonly maxHeldBytes?: number
}

export interface Listening {
  /** Without a trailing slash. */
  readonly url: string
  /** Stops accepting requests, gives open ones a second to finish, then closes their connections. */
  close(): Promise<void>
}

/** Milliseconds that open requests have to finish. */
const CLOSE_TIMEOUT = 1000
/** Longer than clients keep connections alive, so that no client sends on a connection that is being closed. */
const KEEP_ALIVE = 75_000

/**
 * Serves a `fetch`-like handler over HTTP/1.1. If the handler rejects, the connection is closed; if the body of a
 * response fails, the response is cut off there. Invalid requests get the response of the nginx in front of WeChat Pay.
 *
 * @throws errors of `listen`: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function listen(
  handler: Handler,
  { host, port, tls, onRefused = () => {}, maxHeldBytes }: ServerOptions,
): Promise<Listening> {
  const readBody = createBodyReader(maxHeldBytes)
  const refuse = (incoming: IncomingMessage, outgoing: ServerResponse, [status, title]: ErrorPage): void => {
    onRefused({ method: incoming.method, target: incoming.url, status })
    const response = nginxResponse(status, title)
    // A client that waits for 100 Continue will not send its body; that of a busy server need not arrive.
    if (incoming.headers.expect || status === BUSY[0]) outgoing.shouldKeepAlive = false
    outgoing.writeHead(status, headersOf(response)).end(response.body)
  }
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    let body: HeldBody | UnreadBody | undefined
    try {
      body = await readBody(incoming)
      if (typeof body === 'string') return refuse(incoming, outgoing, UNREAD[body])
      const request = requestOf(incoming, body.bytes, tls ? 'https' : 'http')
      if (request === undefined) return refuse(incoming, outgoing, NOT_ALLOWED)
      await sendResponse(await handler(request, certificateOf(incoming.socket)), outgoing)
    } catch (error) {
      const { method, url: target } = incoming
      if (!(error instanceof ConnectionCut)) onRefused({ method, target, reason: (error as Error).message })
      incoming.socket.destroy()
    } finally {
      if (typeof body === 'object') body.release()
    }
  }
  const options = { requireHostHeader: false, keepAliveTimeout: KEEP_ALIVE }
  const { listener, http } = createServers(serve, options, tls && tlsOptions(tls))
  http.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!declaresTooMuch(incoming)) outgoing.writeContinue()
    void serve(incoming, outgoing)
  })
  http.on('connect', ({ method, url }: IncomingMessage, socket: Duplex) => {
    onRefused({ method, target: url, status: NOT_ALLOWED[0] })
    socket.end(rawResponse(NOT_ALLOWED))
  })
  listener.on('tlsClientError', ({ code, message }: NodeJS.ErrnoException, socket) => {
    if (code !== 'ECONNRESET') onRefused({ reason: tlsError(code, message) })
    socket.destroy()
  })
  http.on('clientError', ({ code, message }: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || code === 'ECONNRESET') return socket.destroy()
    // OpenSSL reports a wrong signature of the certificate only after the handshake.
    if (code?.startsWith('ERR_SSL_') || code?.startsWith('ERR_OSSL_')) {
      onRefused({ reason: tlsError(code, message) })
      return socket.destroy()
    }
    const refusal = CLIENT_ERRORS[code ?? ''] ?? BAD_REQUEST
    onRefused({ status: refusal[0] })
    socket.end(rawResponse(refusal))
  })
  // `closeAllConnections` does not close connections in the TLS handshake.
  const sockets = new Set<Socket>()
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => listener.once('error', reject).listen(port, host, resolve))
  listener.on('error', ({ message }) => onRefused({ reason: message }))
  const { port: actualPort } = listener.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${urlHost(host)}:${actualPort}`,
    async close() {
      const closed = new Promise(resolve => listener.close(resolve))
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, CLOSE_TIMEOUT)
      await closed
      clearTimeout(cut)
    },
  }
}

const tlsOptions = ({ cert, key, clientAuthority }: ServerOptions['tls'] & object) => ({
  cert,
  key,
  // The server requests it by name. Java and Go send no certificate if only other issuers are named.
  ca: clientAuthority,
  requestCert: true,
  rejectUnauthorized: false,
})

/** Maps wildcard addresses to the loopback address that reaches them. */
const LOOPBACK_OF_WILDCARD: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
const urlHost = (host: string): string => LOOPBACK_OF_WILDCARD[host] ?? (host.includes(':') ? `[${host}]` : host)

/** Status and title of an error page of nginx. */
type ErrorPage = readonly [status: number, title: string]
const BAD_REQUEST: ErrorPage = [400, 'Bad Request']
const NOT_ALLOWED: ErrorPage = [405, 'Not Allowed']
const BUSY: ErrorPage = [503, 'Service Temporarily Unavailable']
const UNREAD: Readonly<Record<UnreadBody, ErrorPage>> = { 'too-large': [413, 'Request Entity Too Large'], busy: BUSY }
const CLIENT_ERRORS: Readonly<Record<string, ErrorPage>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
}
const TLS_ERRORS: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'a plain HTTP request arrived at the HTTPS port',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'a client does not trust the certificate. Give it ca.pem of the folder',
}
const FOREIGN_CERTIFICATE =
  'a client certificate was issued by another authority. Give the client apiclient_cert.pem and apiclient_key.pem of the folder'

/** Describes a TLS error. OpenSSL has several codes for a wrong signature, depending on the key. */
const tlsError = (code = '', message: string): string =>
  TLS_ERRORS[code] ?? (/SIGNATURE|PADDING|_RSA_/.test(code) ? FOREIGN_CERTIFICATE : `TLS: ${code || message}`)

async function sendResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  const { status, headers, body } = response
  if (headers.get('content-type')?.startsWith('text/event-stream')) return sendEvents(response, outgoing)
  const chunks: Uint8Array[] = []
  let cut = false
  try {
    for await (const chunk of body ?? []) chunks.push(chunk)
  } catch {
    cut = true
  }
  // A file of the console is one chunk, which all its responses share.
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  const fields = Object.fromEntries([...headers].map(([name, value]) => [headerName(name), value]))
  if (!cut && status !== 204) fields['Content-Length'] ??= String(bytes.length)
  outgoing.writeHead(status, fields)
  if (!cut) outgoing.end(bytes)
  // The connection must not be closed before the bytes have been sent.
  else outgoing.write(bytes, () => outgoing.destroy())
}

/** Sends events as they come, and reads no further than the client does. Ends with the connection. */
async function sendEvents({ status, headers, body }: Response, outgoing: ServerResponse): Promise<void> {
  const reader = body!.getReader()
  const closed = new Promise<void>(resolve => outgoing.once('close', resolve))
  void closed.then(() => reader.cancel())
  outgoing.writeHead(status, Object.fromEntries(headers))
  outgoing.flushHeaders()
  for (let part = await reader.read(); !part.done && !outgoing.destroyed; part = await reader.read()) {
    if (outgoing.write(part.value)) continue
    await Promise.race([closed, new Promise(resolve => outgoing.once('drain', resolve))])
  }
  // The client may have left before this function was called.
  await reader.cancel()
  outgoing.end()
}

/** Header names in which not every word, or not only its first letter, is capitalized. */
const HEADER_NAMES: Readonly<Record<string, string>> = { 'request-id': 'Request-ID', etag: 'ETag' }

/**
 * Returns the name of a header as WeChat Pay writes it, such as `Wechatpay-Serial`. `Headers` has lower-case names,
 * which are equivalent in HTTP, but the official Java SDK stores headers in a case-sensitive map.
 */
const headerName = (name: string): string =>
  HEADER_NAMES[name] ?? name.replace(/\b[a-z]/g, letter => letter.toUpperCase())

const headersOf = ({ headers, body }: SimulatedResponse): Record<string, string> => ({
  ...headers,
  'Content-Length': String(Buffer.byteLength(body ?? '')),
  'Request-ID': `${randomBytes(20).toString('hex').toUpperCase()}-0`,
})

function rawResponse([status, title]: ErrorPage): string {
  const response = nginxResponse(status, title)
  const headers = Object.entries({ ...headersOf(response), Connection: 'close' })
  return [
    `HTTP/1.1 ${status} ${title}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `\r\n${response.body}`,
  ].join('\r\n')
}
