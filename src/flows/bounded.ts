import { type Bytes, concat } from '../core/bytes.ts'

/**
 * Reads a stream to its end, unless that lies beyond the bound: then it is cancelled, and no more of it is read.
 *
 * @param most bytes
 * @param onChunk is handed each chunk that is within the bound, as it comes: for a digest
 * @returns undefined when there is more
 */
export async function readBounded(
  stream: ReadableStream<Uint8Array> | null,
  most: number,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<Bytes | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream?.getReader()
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > most) {
      // What the source says to that is of no interest any more.
      reader.cancel().catch(() => {})
      return undefined
    }
    onChunk?.(value)
    chunks.push(value)
  }
  return concat(...chunks)
}
