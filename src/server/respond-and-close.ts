import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ProblemMessage } from '../gateway/problem.ts'
import { discardRest } from './discard-rest.ts'

/** Milliseconds for which a client may go on sending after the response. */
const LINGER = 2_000

/**
 * Writes a response to a connection whose request is not read to its end, and closes it. What still arrives is discarded for a while,
 * without parsing: a connection that is closed before everything is read is reset, and the client may lose the response (RFC 9112, 9.6).
 *
 * @param socket a connection on which no response has begun
 */
export function respondAndClose(socket: Socket, { status, headers, body }: ProblemMessage): void {
  const all = {
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    Date: new Date().toUTCString(),
    Connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => clearTimeout(timer))
  discardRest(socket, () => socket.once('end', () => socket.destroy()))
}
