import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Begins to handle a request. */
export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** Requests that may wait on one connection behind the one being handled. Pipelining clients send fewer. */
const MAX_PIPELINED = 16

/**
 * Wraps a listener so that it handles one request of a connection at a time. Node emits all requests at once that a client has sent
 * without waiting for a response (pipelining, RFC 9112, 9.3.2), so a single connection could use the time of all others.
 *
 * A connection is not read while a request waits on it, and is closed when more than {@link MAX_PIPELINED} wait.
 */
export function serializeRequests(handle: Listener): Listener {
  /** The requests that wait on a connection while another is handled. */
  const waiting = new WeakMap<Socket, (() => void)[]>()

  function begin(socket: Socket, incoming: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.once('close', () => beginNext(socket))
    handle(incoming, outgoing)
  }

  function beginNext(socket: Socket): void {
    const next = waiting.get(socket)?.shift()
    if (!next || socket.destroyed || socket.writableEnded) {
      waiting.delete(socket)
      return
    }
    // Lets the requests of other connections run first.
    setImmediate(next)
  }

  return (incoming, outgoing) => {
    const { socket } = incoming
    const queue = waiting.get(socket)
    if (!queue) {
      waiting.set(socket, [])
      return begin(socket, incoming, outgoing)
    }
    if (socket.destroyed) return
    if (queue.length === MAX_PIPELINED) {
      waiting.set(socket, [])
      socket.destroy()
      return
    }
    socket.pause()
    queue.push(() => {
      if (socket.destroyed) return
      // The body of this request may be unread yet.
      if (queue.length === 0) socket.resume()
      begin(socket, incoming, outgoing)
    })
  }
}
