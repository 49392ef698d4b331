import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Begins to answer a request. */
export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** Requests that may wait on one connection behind the one that is being answered. A client that pipelines sends fewer. */
const MAX_PIPELINED = 16

/**
 * Makes a listener that handles one request of a connection at a time. Node hands over all requests that a client has sent without
 * waiting for a response (pipelining, RFC 9112, 9.3.2) at once, so that one connection could take the time of all others.
 *
 * Nothing more is read from a connection while a request waits on it; one on which more than {@link MAX_PIPELINED} wait is cut.
 *
 * @param handle begins to answer a request
 */
export function oneAtATime(handle: Listener): Listener {
  /** The requests that wait on a connection while one is being answered. */
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
    // Other connections have their turn first.
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
      // The body of this request may have to be read.
      if (queue.length === 0) socket.resume()
      begin(socket, incoming, outgoing)
    })
  }
}
