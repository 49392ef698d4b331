import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { discardRest } from './discard-rest.ts'

/** Begins to handle a request. */
export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** Requests that may wait on one connection behind the one being handled. Pipelining clients send fewer. */
const MAX_PIPELINED = 16

/**
 * Requests that are dropped behind those that wait. Node keeps each until the connection closes, so that a client that sends more within
 * one read of the connection loses it at once.
 */
const MAX_DROPPED = 32

/** A request that waits on its connection, and its response. */
interface Waiting {
  readonly begin: () => void
  readonly outgoing: ServerResponse
}

/**
 * Wraps a listener so that it handles one request of a connection at a time. Node emits all requests at once that a client has sent
 * without waiting for a response (pipelining, RFC 9112, 9.3.2), so a single connection could use the time of all others.
 *
 * While the body of a request that waits is incomplete, its connection is not read. Complete ones do not stop the reading: when more than
 * {@link MAX_PIPELINED} would wait, those that do are the last of the connection. The response to the last one says so and closes it, and
 * the requests behind are dropped, which the client may send again. On Node those in the same read of 64 KiB are parsed and all others
 * discarded; Bun and Deno parse all. A flood, of more than {@link MAX_DROPPED} that are parsed, is not answered.
 */
export function serializeRequests(handle: Listener): Listener {
  /** The requests that wait on a connection while another is handled. */
  const waiting = new WeakMap<Socket, Waiting[]>()
  /** Connections that close after the requests that wait, and how many requests were dropped. */
  const dropped = new WeakMap<Socket, number>()

  function begin(socket: Socket, incoming: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.once('close', () => beginNext(socket))
    handle(incoming, outgoing)
  }

  /** Lets the requests of other connections run first, also where a runtime emits the next one only now, as Bun does. */
  function beginNext(socket: Socket): void {
    setImmediate(() => {
      const next = waiting.get(socket)?.shift()
      if (next && !socket.destroyed && !socket.writableEnded) next.begin()
      else waiting.delete(socket)
    })
  }

  return (incoming, outgoing) => {
    const { socket } = incoming
    if (socket.destroyed) return
    const queue = waiting.get(socket)
    if (!queue) {
      waiting.set(socket, [])
      return begin(socket, incoming, outgoing)
    }
    const before = dropped.get(socket) ?? 0
    if (before > 0 || queue.length === MAX_PIPELINED) {
      if (before === 0) {
        queue.at(-1)!.outgoing.shouldKeepAlive = false
        discardRest(socket)
      }
      dropped.set(socket, before + 1)
      if (before === MAX_DROPPED) socket.destroy()
      return
    }
    socket.pause()
    queue.push({
      outgoing,
      begin() {
        if (socket.destroyed) return
        // The body of this request may be unread yet. That of the last one before a dropped request is complete.
        if (queue.length === 0 && !dropped.has(socket)) socket.resume()
        begin(socket, incoming, outgoing)
      },
    })
  }
}
