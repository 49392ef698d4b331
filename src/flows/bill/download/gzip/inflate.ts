/** State of decoding a DEFLATE stream (RFC 1951): its input and output. */
export interface Inflation {
  /** The input available so far. */
  bytes: Uint8Array
  /** Index of the next byte in `bytes`. */
  at: number
  /** True when no input follows `bytes`. */
  isLast: boolean
  /** Bits taken from the input but not used yet, lowest first. */
  bits: number
  bitCount: number
  /** The most recent output, which later repetitions may refer to, and output that was not yielded yet. */
  readonly window: Uint8Array
  /** Start of the output that has not been yielded yet. */
  start: number
  /** Position of the next byte of output. */
  end: number
  /** The codes of a block with dynamic Huffman codes. */
  readonly symbols: Code
  readonly distances: Code
}

/** Maximum distance of a repetition. */
const WINDOW_SIZE = 2 ** 15
/** Bytes of output to collect before yielding. */
const FLUSH_SIZE = 3 * WINDOW_SIZE
const MAX_REPETITION = 258
/** Maximum bytes of input for a symbol with its distance, and for the code lengths of a block. */
const SYMBOL_BYTES = 8
const CODES_BYTES = 600
const MAX_CODE_BITS = 15
/** Maximum bits of a symbol and of the extra bits of its length. */
const SYMBOL_BITS = MAX_CODE_BITS + 5
const END_OF_BLOCK = 256

/** Ranges of values that symbols stand for: a symbol is `base` plus a number of `extra` bits. */
interface Ranges {
  readonly base: Uint16Array
  readonly extra: Uint8Array
}

function rangesOf(first: number, extra: Uint8Array): Ranges {
  const base = new Uint16Array(extra.length)
  let next = first
  for (const [symbol, bits] of extra.entries()) {
    base[symbol] = next
    next += 1 << bits
  }
  return { base, extra }
}

/** RFC 1951, 3.2.5. The maximum length has a symbol of its own. */
const LENGTHS = rangesOf(
  3,
  Uint8Array.from({ length: 29 }, (_, at) => (at < 8 || at === 28 ? 0 : (at >> 2) - 1)),
)
LENGTHS.base[28] = MAX_REPETITION
const DISTANCES = rangesOf(
  1,
  Uint8Array.from({ length: 30 }, (_, at) => (at < 4 ? 0 : (at >> 1) - 1)),
)

/** Order of the code lengths for the code length alphabet (RFC 1951, 3.2.7). */
const CODE_LENGTH_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

/**
 * Huffman decoding table. Indexed by the next bits of the input, holds `symbol * 16 + code length`; 0 if there is no
 * symbol.
 */
interface Code {
  readonly table: Uint16Array
  /** Mask with the length of the longest code. */
  mask: number
}

const newCode = (longest = MAX_CODE_BITS): Code => ({ table: new Uint16Array(2 ** longest), mask: 0 })

/** Builds a decoding table from the code length of each symbol (RFC 1951, 3.2.2). */
function readCode(code: Code, lengths: Uint8Array): Code {
  const counts = new Uint16Array(MAX_CODE_BITS + 1)
  for (const length of lengths) if (length > 0) counts[length]!++
  const next = new Uint16Array(MAX_CODE_BITS + 1)
  let longest = 0
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    next[length] = (next[length - 1]! + counts[length - 1]!) << 1
    if (next[length]! + counts[length]! > 1 << length) throw damagedError('codes that overlap')
    if (counts[length]! > 0) longest = length
  }
  // A code with a single symbol has one bit, of which one value is unused.
  if (longest > 1 && next[longest]! + counts[longest]! < 1 << longest) throw damagedError('a code with gaps')
  const { table } = code
  const size = 1 << longest
  code.mask = size - 1
  table.fill(0, 0, size)
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue
    const reversed = reverse(next[length]!++, length)
    for (let at = reversed; at < size; at += 1 << length) table[at] = (symbol << 4) | length
  }
  return code
}

function reverse(value: number, length: number): number {
  let reversed = 0
  for (let at = 0; at < length; at++) reversed |= ((value >> at) & 1) << (length - 1 - at)
  return reversed
}

/** Codes of blocks with fixed Huffman codes (RFC 1951, 3.2.6). */
const FIXED_SYMBOLS = readCode(
  newCode(9),
  new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280),
)
const FIXED_DISTANCES = readCode(newCode(5), new Uint8Array(32).fill(5))

const damagedError = (what: string): RangeError => new RangeError(`DEFLATE: ${what}`)

/** Creates the state for decoding a new stream. */
export const beginInflation = (): Inflation => ({
  bytes: new Uint8Array(),
  at: 0,
  isLast: false,
  bits: 0,
  bitCount: 0,
  window: new Uint8Array(WINDOW_SIZE + FLUSH_SIZE + MAX_REPETITION),
  start: 0,
  end: 0,
  symbols: newCode(),
  distances: newCode(),
})

/**
 * Decodes a stream. Yields copies of output, or undefined when it needs more input in `bytes`. On return, `at` is
 * behind the last block.
 *
 * @throws {RangeError} the stream is damaged or cut short
 */
export function* inflate(state: Inflation): Generator<Uint8Array | undefined, void> {
  const { symbols, distances } = state
  state.start = 0
  state.end = 0
  for (let isFinal = false; !isFinal; ) {
    yield* awaitInput(state, CODES_BYTES)
    isFinal = take(state, 1) === 1
    const type = take(state, 2)
    if (type === 0) {
      yield* copyStored(state)
      continue
    }
    if (type === 3) throw damagedError('an unknown block type')
    if (type === 2) readCodes(state)
    const [ofSymbols, ofDistances] = type === 2 ? [symbols, distances] : [FIXED_SYMBOLS, FIXED_DISTANCES]
    while (!decode(state, ofSymbols, ofDistances)) {
      if (state.end >= WINDOW_SIZE + FLUSH_SIZE) yield flushWindow(state)
      yield* awaitInput(state, SYMBOL_BYTES)
    }
  }
  align(state)
  if (state.end > state.start) yield state.window.slice(state.start, state.end)
}

/** Yields undefined until `count` bytes of input are available or the input has ended. */
export function* awaitInput(state: Inflation, count: number): Generator<undefined, void> {
  returnWholeBytes(state)
  while (!state.isLast && state.bytes.length - state.at < count) yield undefined
}

function take(state: Inflation, count: number): number {
  while (state.bitCount < count) {
    if (state.at >= state.bytes.length) throw damagedError('cut short')
    state.bits |= state.bytes[state.at++]! << state.bitCount
    state.bitCount += 8
  }
  const value = state.bits & ((1 << count) - 1)
  state.bits >>>= count
  state.bitCount -= count
  return value
}

/** Returns unused whole bytes to the input, so that the caller can replace `bytes` by the rest of it and more. */
function returnWholeBytes(state: Inflation): void {
  state.at -= state.bitCount >> 3
  state.bitCount &= 7
  state.bits &= (1 << state.bitCount) - 1
}

/** Skips to the next byte boundary. */
function align(state: Inflation): void {
  returnWholeBytes(state)
  state.bits = 0
  state.bitCount = 0
}

function flushWindow(state: Inflation): Uint8Array {
  const { window, start, end } = state
  const piece = window.slice(start, end)
  window.copyWithin(0, end - WINDOW_SIZE, end)
  state.start = WINDOW_SIZE
  state.end = WINDOW_SIZE
  return piece
}

function* copyStored(state: Inflation): Generator<Uint8Array | undefined, void> {
  align(state)
  yield* awaitInput(state, 4)
  let length = take(state, 16)
  if (take(state, 16) !== (length ^ 0xffff)) throw damagedError('a stored block with a wrong length')
  while (length > 0) {
    yield* awaitInput(state, 1)
    const part = state.bytes.subarray(state.at, state.at + Math.min(length, WINDOW_SIZE + FLUSH_SIZE - state.end))
    if (part.length === 0) throw damagedError('cut short')
    state.window.set(part, state.end)
    state.at += part.length
    state.end += part.length
    length -= part.length
    if (state.end >= WINDOW_SIZE + FLUSH_SIZE) yield flushWindow(state)
  }
}

/** Reads the dynamic Huffman codes of a block (RFC 1951, 3.2.7). */
function readCodes(state: Inflation): void {
  const { symbols, distances } = state
  const symbolCount = take(state, 5) + 257
  const distanceCount = take(state, 5) + 1
  if (symbolCount > 286 || distanceCount > 30) throw damagedError('too many codes')
  const count = symbolCount + distanceCount
  const ofLengths = new Uint8Array(CODE_LENGTH_ORDER.length)
  const ofLengthCount = take(state, 4) + 4
  for (let at = 0; at < ofLengthCount; at++) ofLengths[CODE_LENGTH_ORDER[at]!] = take(state, 3)
  // Reuses the table of distances, which is built only after the code lengths have been read.
  const { table, mask } = readCode(distances, ofLengths)
  const lengths = new Uint8Array(count)
  for (let at = 0; at < count; ) {
    const symbol = takeSymbol(state, table, mask)
    if (symbol < 16) {
      lengths[at++] = symbol
      continue
    }
    if (symbol === 16 && at === 0) throw damagedError('a repetition of nothing')
    const length = symbol === 16 ? lengths[at - 1]! : 0
    const end = at + (symbol === 16 ? 3 + take(state, 2) : symbol === 17 ? 3 + take(state, 3) : 11 + take(state, 7))
    if (end > count) throw damagedError('too many codes')
    lengths.fill(length, at, end)
    at = end
  }
  readCode(symbols, lengths.subarray(0, symbolCount))
  readCode(distances, lengths.subarray(symbolCount))
}

function takeSymbol(state: Inflation, table: Uint16Array, mask: number): number {
  let length = 0
  let entry = 0
  // Goes bit by bit, because the last code of the input may be shorter than the longest.
  do {
    if (++length > MAX_CODE_BITS) throw damagedError('a code without a symbol')
    if (state.bitCount < length) {
      if (state.at >= state.bytes.length) throw damagedError('cut short')
      state.bits |= state.bytes[state.at++]! << state.bitCount
      state.bitCount += 8
    }
    entry = table[state.bits & mask & ((1 << length) - 1)]!
  } while ((entry & 15) !== length)
  take(state, length)
  return entry >> 4
}

/**
 * Decodes symbols until the block ends, the window is full, or the input may be too short for another.
 *
 * @returns whether the block has ended
 */
function decode(state: Inflation, symbols: Code, distances: Code): boolean {
  const { bytes, window, isLast } = state
  let { at, bits, bitCount, end } = state
  // Reads zeros past the end of the input, because a lookup takes more bits than the code may have.
  const limit = isLast ? bytes.length + SYMBOL_BYTES : bytes.length - SYMBOL_BYTES
  let hasEnded = false
  while (at <= limit && end < WINDOW_SIZE + FLUSH_SIZE) {
    for (; bitCount < SYMBOL_BITS; bitCount += 8) bits |= bytes[at++]! << bitCount
    const entry = symbols.table[bits & symbols.mask]!
    if (entry === 0) throw damagedError('a code without a symbol')
    bits >>>= entry & 15
    bitCount -= entry & 15
    const symbol = entry >> 4
    if (symbol < END_OF_BLOCK) {
      window[end++] = symbol
      continue
    }
    if (symbol === END_OF_BLOCK) {
      hasEnded = true
      break
    }

    const lengthBits = LENGTHS.extra[symbol - 257]!
    const length = LENGTHS.base[symbol - 257]! + (bits & ((1 << lengthBits) - 1))
    bits >>>= lengthBits
    bitCount -= lengthBits
    for (; bitCount < MAX_CODE_BITS; bitCount += 8) bits |= bytes[at++]! << bitCount
    const ofDistance = distances.table[bits & distances.mask]!
    bits >>>= ofDistance & 15
    bitCount -= ofDistance & 15
    const distanceBits = DISTANCES.extra[ofDistance >> 4]!
    for (; bitCount < distanceBits; bitCount += 8) bits |= bytes[at++]! << bitCount
    const distance = DISTANCES.base[ofDistance >> 4]! + (bits & ((1 << distanceBits) - 1))
    bits >>>= distanceBits
    bitCount -= distanceBits
    // An undefined symbol or distance makes these NaN, so the comparisons are written to be false then.
    if (ofDistance === 0 || !(length <= MAX_REPETITION && distance <= end))
      throw damagedError('a repetition of nothing')
    for (const to = end + length; end < to; end++) window[end] = window[end - distance]!
  }
  if (isLast && (at - (bitCount >> 3) > bytes.length || (!hasEnded && at > limit))) throw damagedError('cut short')
  state.at = at
  state.bits = bits
  state.bitCount = bitCount
  state.end = end
  return hasEnded
}
