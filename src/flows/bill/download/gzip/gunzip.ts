import { type Bytes, concat } from '../../../../core/base/bytes.ts'
import { crc32 } from './crc32.ts'
import { awaitInput, beginInflation, type Inflation, inflate } from './inflate.ts'

/** Flags of optional header fields (RFC 1952, 2.3.1). */
const HEADER_CRC = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16
const RESERVED = 0xe0
const DEFLATE = 8

/**
 * Checks the first bytes of a gzip member, as many as are given. Flags count too: a ciphertext may begin with the magic
 * number.
 */
export const isGzip = ([first, second, method = DEFLATE, flags = 0]: Uint8Array): boolean =>
  first === 0x1f && second === 0x8b && method === DEFLATE && (flags & RESERVED) === 0

/**
 * Decompresses gzip (RFC 1952), including files of several members, and checks the CRC and length of each member.
 * `DecompressionStream` rejects a second member in most runtimes and accepts it in others.
 *
 * @throws {RangeError} the data is damaged or cut short, or a member is followed by something else
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const state = beginInflation()
  const source = chunks[Symbol.asyncIterator]()
  try {
    for (const piece of members(state)) {
      if (piece) yield piece
      else {
        const { done, value } = await source.next()
        state.isLast = done === true
        state.bytes = done ? rest(state) : concat(rest(state), value)
        state.at = 0
      }
    }
  } finally {
    await source.return?.()
  }
}

const rest = ({ bytes, at }: Inflation): Bytes => bytes.slice(at) as Bytes

function* members(state: Inflation): Generator<Uint8Array | undefined, void> {
  do {
    yield* readHeader(state)
    let crc = 0
    let length = 0
    for (const piece of inflate(state)) {
      if (piece) {
        crc = crc32(piece, crc)
        length += piece.length
      }
      yield piece
    }
    const trailer = new DataView((yield* read(state, 8)).buffer)
    if (trailer.getUint32(0, true) !== crc || trailer.getUint32(4, true) !== length >>> 0)
      throw new RangeError('gzip: the CRC or the length does not match')
    yield* awaitInput(state, 1)
  } while (state.at < state.bytes.length)
}

function* readHeader(state: Inflation): Generator<undefined, void> {
  const header = yield* read(state, 10)
  const flags = header[3]!
  if (!isGzip(header)) throw new RangeError('gzip: no header')
  if (flags & EXTRA) {
    const [low, high] = yield* read(state, 2)
    yield* read(state, low! + 256 * high!)
  }
  for (const text of [NAME, COMMENT]) if (flags & text) while ((yield* read(state, 1))[0] !== 0) {}
  if (flags & HEADER_CRC) yield* read(state, 2)
}

/** Reads `count` bytes. */
function* read(state: Inflation, count: number): Generator<undefined, Bytes> {
  yield* awaitInput(state, count)
  if (state.bytes.length - state.at < count) throw new RangeError('gzip: cut short')
  state.at += count
  return state.bytes.slice(state.at - count, state.at) as Bytes
}
