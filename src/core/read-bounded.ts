import type { Bytes } from './bytes.ts'

/** The part of a stream of bytes that reading needs. */
export interface ByteSource {
  readonly locked?: boolean
  getReader(): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>
}

/**
 * Reads a foreign body up to a bound. It uses at most twice the memory of the bytes that have arrived, whatever the size of the
 * chunks: it copies them into one buffer, so a sender of single bytes does not create an object for each. `Content-Encoding` is already
 * decoded: the bound counts the bytes that are read, not those that were transferred.
 *
 * @param stream the body; `null` is an empty one
 * @param maxBytes the bound
 * @param onChunk receives each chunk within the bound as it arrives: for a digest
 * @returns the bytes; undefined when there are more, and then the stream is cancelled
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
      // The result does not depend on the source.
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
