import type { Socket } from 'node:net'

const discarding = new WeakSet<Socket>()

/** Returns whether what a connection still sends is discarded. */
export const isDiscarding = (socket: Socket): boolean => discarding.has(socket)

/**
 * Discards what a connection still sends, on Node without parsing it. Bun and Deno do not let their parsers be taken from a connection.
 *
 * @param onDiscarding called when the parser gets nothing more
 */
export function discardRest(socket: Socket, onDiscarding = () => {}): void {
  // The parser must return before the socket is taken from it, and must be reading then: a stopped socket would not start again without
  // it. Ticks run after each read; before an immediate there may be several of 64 KiB.
  process.nextTick(() => {
    socket.resume()
    process.nextTick(() => {
      discarding.add(socket)
      socket.removeAllListeners('data')
      socket.on('data', () => {})
      onDiscarding()
    })
  })
}
