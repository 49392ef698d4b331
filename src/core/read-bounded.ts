import type { Bytes } from './bytes.ts'

/** A stream of bytes, or as much of one as reading it takes. */
export interface ByteSource {
  readonly locked?: boolean
  getReader(): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>
}

/**
 * Reads a body that somebody else sends, and no more of it than a bound. The memory it takes is at most twice what
 * has arrived, whatever the size of the chunks: they are copied into one buffer, so that a sender of single bytes does not make one
 * object of each, and a silent one takes none. `Content-Encoding` is undone before: the bound counts the bytes that are read, not those on the wire.
 *
 * @param stream the body; `null` is an empty one
 * @param most bytes
 * @param onChunk is handed each chunk within the bound as it arrives: for a digest
 * @returns the bytes; undefined when there are more, and then the stream is canceled
 * @throws what the stream fails with
 * @example
 * ```ts
 * const bytes = await readBounded(request.body, 65_536)
 * if (!bytes) return new Response(null, { status: 413 })
 * ```
 */
export async function readBounded(
  stream: ByteSource | null,
  most: number,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<Bytes | undefined> {
  let buffer = new Uint8Array(0)
  let length = 0
  const reader = stream?.getReader()
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    const end = length + value.length
    if (end > most) {
      // Nobody waits for the source to agree.
      reader.cancel().catch(() => {})
      return undefined
    }
    onChunk?.(value)
    if (end > buffer.length) {
      const larger = new Uint8Array(Math.min(most, Math.max(end, buffer.length * 2)))
      larger.set(buffer.subarray(0, length))
      buffer = larger
    }
    buffer.set(value, length)
    length = end
  }
  return buffer.subarray(0, length)
}
