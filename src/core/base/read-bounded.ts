import type { Bytes } from './bytes.ts'

/** The members of a byte stream that reading requires. */
export interface ByteSource {
  readonly locked?: boolean
  getReader(): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>
}

/**
 * Names the method with which a `Response` of an adapter, or a `Request` of a server, gives its bytes without a stream of the Fetch API,
 * whose creation and reading take longer than parsing a message. `bodyUsed` is true as soon as they are read.
 */
export const BYTE_SOURCE: unique symbol = Symbol()

/** Returns the cheapest source of the body of a request or a response. */
export const byteSourceOf = (
  message: Pick<Body, 'body'> & { [BYTE_SOURCE]?: () => ByteSource | null },
): ByteSource | null => message[BYTE_SOURCE]?.() ?? message.body

/**
 * Reads an untrusted body up to a limit. Uses at most twice the memory of the bytes that have arrived, whatever the
 * size of the chunks: they are copied into one buffer, so single-byte chunks do not create an object each.
 * `Content-Encoding` is already decoded, so the limit applies to the decompressed bytes.
 *
 * @param stream the body; `null` is an empty one
 * @param maxBytes the limit
 * @param onChunk receives each chunk within the limit as it arrives, for example for a digest
 * @returns the bytes; undefined if there are more, in which case the stream is cancelled
 * @throws the error of the stream
 * @example
 * ```ts
 * const bytes = await readBounded(request.body, 65_536)
 * if (!bytes) return new Response(null, { status: 413 })
 * ```
 */
export async function readBounded(
  stream: ByteSource | null,
  maxBytes: number,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<Bytes | undefined> {
  let buffer = new Uint8Array(0)
  let length = 0
  const reader = stream?.getReader()
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    const end = length + value.length
    if (end > maxBytes) {
      // Not awaited, because the result does not depend on the source.
      reader.cancel().catch(() => {})
      return undefined
    }
    onChunk?.(value)
    if (end > buffer.length) {
      const larger = new Uint8Array(Math.min(maxBytes, Math.max(end, buffer.length * 2)))
      larger.set(buffer.subarray(0, length))
      buffer = larger
    }
    buffer.set(value, length)
    length = end
  }
  return buffer.subarray(0, length)
}
