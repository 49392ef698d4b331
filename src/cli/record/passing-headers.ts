import type { IncomingMessage } from 'node:http'

/** Headers of one connection (RFC 9110, section 7.6.1), and those that state where a body ends (RFC 9112, section 6). */
const CONNECTION_HEADERS: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Methods with which no header means no body. With any other, Node.js would send an empty body in chunks. */
const METHODS_WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

/** Names and values of headers in turn, as they are written and in their order. */
type RawHeaders = readonly string[]

/**
 * Returns the headers of a request for the service: those of the client but for the connection's, `Host` and `Accept-Encoding`. The length
 * of the body is stated as the client states it, whatever the method is and whatever its `Connection` names: a body without a length would be
 * the beginning of the next request.
 *
 * @param host of the service
 */
export function upstreamHeaders({ method, rawHeaders, headers }: IncomingMessage, host: string): string[] {
  // The shape of a compressed body cannot be seen. The signature is over the body without compression.
  const replaced = ['Host', host, 'Accept-Encoding', 'identity']
  const framing = framingOf(headers)
  const empty = framing.length === 0 && !METHODS_WITHOUT_BODY.has(method ?? 'GET') ? ['Content-Length', '0'] : []
  return [...replaced, ...framing, ...empty, ...without(rawHeaders, ['host', 'accept-encoding'])]
}

/** Returns the headers of a response for the client. Its body is framed for this connection. */
export const downstreamHeaders = ({ rawHeaders, headers }: IncomingMessage): string[] => [
  ...(headers['transfer-encoding'] === undefined ? framingOf(headers) : []),
  ...without(rawHeaders, []),
]

function framingOf(headers: IncomingMessage['headers']): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked']
  return headers['content-length'] === undefined ? [] : ['Content-Length', headers['content-length']]
}

function without(raw: RawHeaders, replaced: readonly string[]): string[] {
  const dropped = new Set([...CONNECTION_HEADERS, ...replaced])
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]!] as const] : []))
  for (const [name, value] of pairs)
    if (name.toLowerCase() === 'connection')
      for (const named of value.split(',')) dropped.add(named.trim().toLowerCase())
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase())).flat()
}
