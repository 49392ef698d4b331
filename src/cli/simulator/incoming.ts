import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { pathAndQuery, recordTarget } from '../../simulator/http/request-url.ts'

/** Maximum bytes of a request. WeChat Pay's largest uploads have 5 MB. */
const MAX_BODY = 16 * 1024 * 1024
export const declaresTooMuch = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > MAX_BODY

/** @returns undefined if the body exceeds the maximum; the rest is read and discarded */
export async function readBody(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (declaresTooMuch(incoming)) return undefined
  const chunks: Buffer[] = []
  let length = 0
  // Ending an iterator early would close the connection before the refusal is sent.
  return new Promise((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MAX_BODY) chunks.push(chunk)
      else resolve(undefined)
    })
    incoming.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    incoming.on('close', () => reject(new Error('The request was cut short.')))
  })
}

/** @returns undefined for a method that a `Request` does not support, such as TRACE */
export function requestOf(
  { method = 'GET', url = '/', rawHeaders }: IncomingMessage,
  body: Uint8Array<ArrayBuffer>,
  scheme: string,
): Request | undefined {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  const init = { method, headers, body: body.length === 0 || method === 'GET' || method === 'HEAD' ? null : body }
  const host = `${scheme}://${headers.get('host')}`
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
