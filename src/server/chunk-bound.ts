import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { tinyChunks } from '../gateway/body/body-refusals.ts'
import type { Refusal } from '../gateway/problem.ts'

/** Chunks of every body that are not counted. */
const FREE_CHUNKS = 16
/** Tiny chunks that a connection may send, over all its requests. */
const MAX_TINY_CHUNKS = 256
/** Bytes of a chunk that is not tiny. A segment of TCP carries twenty times as many. */
const ORDINARY = 64

/**
 * Creates the class of a server's incoming messages. It closes the connection of a client that sends bodies in tiny chunks
 * (`Transfer-Encoding: chunked`, RFC 9112, 7.1). Each chunk costs a server the same whatever its size, so that a body of one-byte chunks
 * takes as much processor time as fifty bodies of the same length. The chunks are counted where the parser delivers them, so that the
 * bound also holds for a body that is dropped unread. Larger chunks make up for tiny ones. A body with `Content-Length` is not
 * counted: it is delivered as it arrives, and the network bounds how often.
 *
 * @param onExcess called with the message whose connection must be closed, and the refusal, with which its reading fails; returns whether
 * it closes the connection itself, after a response. Otherwise the connection is closed at once
 */
export function boundChunks(
  onExcess: (incoming: IncomingMessage, refusal: Refusal) => boolean,
): typeof IncomingMessage {
  /** How many more tiny chunks than ordinary ones the connections have sent. */
  const excess = new WeakMap<Socket, number>()
  return class extends IncomingMessage {
    #chunks = 0
    #bytes = 0
    #keepsSocket = false

    override push(chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
      if (!chunk || this.headers['transfer-encoding'] === undefined) return super.push(chunk, encoding)
      // The parser still delivers what has arrived with the excessive chunk.
      if (this.destroyed) return false
      this.#bytes += chunk.length
      if (++this.#chunks > FREE_CHUNKS && this.#count(chunk.length) > MAX_TINY_CHUNKS) {
        const reason = `The body came in tiny chunks: ${this.#chunks} for ${this.#bytes} bytes. Send it whole, or in larger chunks.`
        const refusal = tinyChunks(reason)
        this.#keepsSocket = onExcess(this, refusal)
        this.destroy(refusal)
        return false
      }
      return super.push(chunk, encoding)
    }

    override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
      // `IncomingMessage` destroys the socket too, and drops an error without a listener, which would end the process.
      if (!this.#keepsSocket) super._destroy(error, callback)
      else process.nextTick(() => callback(this.listenerCount('error') > 0 ? error : null))
    }

    #count(length: number): number {
      const count = Math.max(0, (excess.get(this.socket) ?? 0) + 1 - length / ORDINARY)
      excess.set(this.socket, count)
      return count
    }
  }
}
