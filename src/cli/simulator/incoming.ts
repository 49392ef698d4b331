import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { MISSING_HOST, pathAndQuery, recordTarget } from '../../simulator/http/request-url.ts'

/** @returns undefined for a method that a `Request` does not support, such as TRACE */
export function requestOf(
  { method = 'GET', url = '/', rawHeaders }: IncomingMessage,
  body: Uint8Array<ArrayBuffer>,
  scheme: string,
): Request | undefined {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  const init = { method, headers, body: body.length === 0 || method === 'GET' || method === 'HEAD' ? null : body }
  const host = `${scheme}://${headers.get('host') ?? MISSING_HOST}`
  const origin = URL.canParse(host) ? host : `${scheme}://localhost`
  const sent = origin + pathAndQuery(url)
  try {
    return recordTarget(url, new Request(URL.canParse(sent) ? sent : origin, init))
  } catch {
    return undefined
  }
}

/** Certificates by connection, because reading one costs more than handling a request. */
const certificates = new WeakMap<Socket, Buffer | undefined>()

export function certificateOf(socket: Socket): Buffer | undefined {
  if (!certificates.has(socket)) certificates.set(socket, (socket as TLSSocket).getPeerCertificate?.().raw)
  return certificates.get(socket)
}
