import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { cutShort } from '../gateway/body/body-refusals.ts'
import { problemMessage } from '../gateway/problem.ts'
import { isDiscarding } from './discard-rest.ts'
import { respondAndClose } from './respond-and-close.ts'

/** Statuses of responses to what the parser of HTTP refuses, by its code, as those of Node. Others are a 400. */
const STATUSES: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
}

/**
 * Responds to a request that the parser of HTTP cannot read to its end, and closes its connection. A client that ends its side of the
 * connection within a body (RFC 9112, 8) still reads: it gets the refusal of any other body that breaks off.
 *
 * @param latest the response to the request of the connection whose head was parsed last
 */
export function refuseUnparsable(
  { code = '' }: NodeJS.ErrnoException,
  socket: Socket,
  latest: ServerResponse | undefined,
): void {
  // A time limit or the end of the connection, of no matter to a request that is discarded: those before it may still be answered.
  if (isDiscarding(socket)) return
  if (socket.writable && (!latest || isNext(latest))) {
    if (code === 'HPE_INVALID_EOF_STATE' && latest?.req.complete === false) {
      respondAndClose(socket, problemMessage(cutShort().problem))
      return
    }
    const status = STATUSES[code] ?? 400
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`)
  }
  socket.destroySoon()
}

/** Returns whether a response may be written in place of another: it has not begun, and waits for no earlier one; or it is complete. */
const isNext = ({ writableFinished, socket, headersSent }: ServerResponse): boolean =>
  writableFinished || (socket !== null && !headersSent)
