import type { Bytes } from '../../../core/base/bytes.ts'
import { BillError } from '../error.ts'

const LINE_FEED = 0x0a
/** Bytes per block. Larger blocks are not faster. */
const BLOCK = 2 ** 16
/** Upper bound for the length of a line, far above that of any bill. */
const MAX_LINE_BYTES = 2 ** 20

/**
 * Regroups chunks into blocks of whole lines; only the last block may end within a line. UTF-8 characters are never
 * split, because a line feed byte is never part of another character. A block is valid until the next one is requested.
 *
 * @throws {BillError} `BILL_MALFORMED`: a line is longer than 1 MiB
 */
export async function* lineBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let buffer: Bytes = new Uint8Array(BLOCK)
  let filled = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + buffer.length - filled)
      buffer.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < buffer.length) continue
      const end = buffer.lastIndexOf(LINE_FEED) + 1
      if (end === 0) buffer = grow(buffer)
      else {
        yield buffer.subarray(0, end)
        buffer.copyWithin(0, end, filled)
        filled -= end
      }
    }
  }
  if (filled) yield buffer.subarray(0, filled)
}

function grow(buffer: Bytes): Bytes {
  if (buffer.length >= MAX_LINE_BYTES)
    throw new BillError('BILL_MALFORMED', `has a line of over ${MAX_LINE_BYTES} bytes`)
  const next = new Uint8Array(2 * buffer.length)
  next.set(buffer)
  return next
}
