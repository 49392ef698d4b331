import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { nginxResponse, type SimulatedResponse } from '../../simulator/http/response.ts'
import { ConnectionCut } from '../../simulator/index.ts'
import { announcesTooMuch, certificateOf, readBody, requestOf } from './incoming.ts'

/** @param certificate DER of the client certificate that the request presented, if it did */
export type Handler = (request: Request, certificate: Buffer | undefined) => Promise<Response>

/** What came to nothing, as far as it is known. */
export interface Refused {
  readonly method?: string | undefined
  readonly target?: string | undefined
  readonly status?: number | undefined
  readonly why?: string | undefined
}

export interface ServerOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /**
   * PEM. Given: HTTPS, which asks for a client certificate of `clientAuthority`. It goes on without one, and with one of an authority
   * of another name.
   */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientAuthority: string } | undefined
  /** Is told of what was refused before it was a request; `why` of what is not even HTTP. */
  readonly refused?: (refusal: Refused) => void
}

export interface Listening {
  /** Without a slash at its end. */
  readonly url: string
  /** Takes no further request, lets those on their way finish for a second, then cuts them. */
  close(): Promise<void>
}

const GRACE = 1000
/** Longer than clients keep a connection, so that none finds it closed as it sends. */
const KEEP_ALIVE = 75_000

/**
 * Serves a `fetch`-shaped handler over HTTP/1.1. A handler that rejects has its connection cut; an answer whose body
 * fails is cut where it failed. What is no request is answered as the nginx before WeChat Pay does.
 *
 * @throws what `listen` throws: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function listen(
  handler: Handler,
  { host, port, tls, refused = () => {} }: ServerOptions,
): Promise<Listening> {
  const refuse = (incoming: IncomingMessage, outgoing: ServerResponse, [status, title]: Refusal): void => {
    refused({ method: incoming.method, target: incoming.url, status })
    const answer = nginxResponse(status, title)
    // Whoever waits for leave to send its body does not send it now.
    if (incoming.headers.expect) outgoing.shouldKeepAlive = false
    outgoing.writeHead(status, headersOf(answer)).end(answer.body)
  }
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    try {
      const body = await readBody(incoming)
      if (body === undefined) return refuse(incoming, outgoing, TOO_LARGE)
      const request = requestOf(incoming, body, tls ? 'https' : 'http')
      if (request === undefined) return refuse(incoming, outgoing, NOT_ALLOWED)
      await write(await handler(request, certificateOf(incoming.socket)), outgoing)
    } catch (error) {
      const { method, url: target } = incoming
      if (!(error instanceof ConnectionCut)) refused({ method, target, why: (error as Error).message })
      incoming.socket.destroy()
    }
  }
  const options = { requireHostHeader: false, keepAliveTimeout: KEEP_ALIVE }
  const server: Server = tls ? createTlsServer({ ...options, ...tlsOptions(tls) }, serve) : createServer(options, serve)
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!announcesTooMuch(incoming)) outgoing.writeContinue()
    void serve(incoming, outgoing)
  })
  server.on('connect', ({ method, url }: IncomingMessage, socket: Duplex) => {
    refused({ method, target: url, status: NOT_ALLOWED[0] })
    socket.end(rawAnswer(NOT_ALLOWED))
  })
  server.on('tlsClientError', ({ code, message }: NodeJS.ErrnoException, socket) => {
    if (code !== 'ECONNRESET') refused({ why: tlsError(code, message) })
    socket.destroy()
  })
  server.on('clientError', ({ code, message }: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || code === 'ECONNRESET') return socket.destroy()
    // OpenSSL tells only after the handshake that the certificate's signature is wrong.
    if (code?.startsWith('ERR_SSL_') || code?.startsWith('ERR_OSSL_')) {
      refused({ why: tlsError(code, message) })
      return socket.destroy()
    }
    const refusal = CLIENT_ERRORS[code ?? ''] ?? BAD_REQUEST
    refused({ status: refusal[0] })
    socket.end(rawAnswer(refusal))
  })
  // `closeAllConnections` leaves those whose TLS handshake is not over.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  server.on('error', ({ message }) => refused({ why: message }))
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${reachable(host)}:${taken}`,
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, GRACE)
      await closed
      clearTimeout(cut)
    },
  }
}

const tlsOptions = ({ cert, key, clientAuthority }: ServerOptions['tls'] & object) => ({
  cert,
  key,
  // The server asks for it by name. Java and Go send no certificate when only other issuers are named.
  ca: clientAuthority,
  requestCert: true,
  rejectUnauthorized: false,
})

/** Who listens everywhere is reached at home. */
const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
const reachable = (host: string): string => EVERYWHERE[host] ?? (host.includes(':') ? `[${host}]` : host)

type Refusal = readonly [status: number, title: string]
const BAD_REQUEST: Refusal = [400, 'Bad Request']
const NOT_ALLOWED: Refusal = [405, 'Not Allowed']
const TOO_LARGE: Refusal = [413, 'Request Entity Too Large']
const CLIENT_ERRORS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
}
const TLS_ERRORS: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'a plain HTTP request came to the HTTPS port',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'a client does not trust the certificate: give it ca.pem of the folder',
}
const FOREIGN_CERTIFICATE =
  'a client certificate was issued by another WeChat Pay: give the client apiclient_cert.pem and apiclient_key.pem of the folder'

/** OpenSSL has several codes for a wrong signature, by the kind of the key. */
const tlsError = (code = '', message: string): string =>
  TLS_ERRORS[code] ?? (/SIGNATURE|PADDING|_RSA_/.test(code) ? FOREIGN_CERTIFICATE : `TLS: ${code || message}`)

async function write({ status, headers, body }: Response, outgoing: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = []
  let cut = false
  try {
    for await (const chunk of body ?? []) chunks.push(chunk)
  } catch {
    cut = true
  }
  const bytes = Buffer.concat(chunks)
  const fields = Object.fromEntries([...headers].map(([name, value]) => [writtenName(name), value]))
  if (!cut && status !== 204) fields['Content-Length'] ??= String(bytes.length)
  outgoing.writeHead(status, fields)
  if (!cut) outgoing.end(bytes)
  // Destroyed only when what there is of it has left.
  else outgoing.write(bytes, () => outgoing.destroy())
}

/** Names that are not written with a capital at the beginning of each word. */
const WRITTEN_NAMES: Readonly<Record<string, string>> = { 'request-id': 'Request-ID', etag: 'ETag' }

/**
 * Returns a header's name as WeChat Pay writes it: `Wechatpay-Serial`. `Headers` has it in lower case, which HTTP takes for the
 * same, but the official Java SDK keeps headers in a case-sensitive map.
 */
const writtenName = (name: string): string =>
  WRITTEN_NAMES[name] ?? name.replace(/\b[a-z]/g, letter => letter.toUpperCase())

const headersOf = ({ headers, body }: SimulatedResponse): Record<string, string> => ({
  ...headers,
  'Content-Length': String(Buffer.byteLength(body ?? '')),
  'Request-ID': `${randomBytes(20).toString('hex').toUpperCase()}-0`,
})

function rawAnswer([status, title]: Refusal): string {
  const answer = nginxResponse(status, title)
  const headers = Object.entries({ ...headersOf(answer), Connection: 'close' })
  return [
    `HTTP/1.1 ${status} ${title}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `\r\n${answer.body}`,
  ].join('\r\n')
}
