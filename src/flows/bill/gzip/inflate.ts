/** A DEFLATE stream (RFC 1951) that is being decoded: its input, and what has come out of it. */
export interface Inflation {
  /** The input that is there. */
  bytes: Uint8Array
  /** The next byte. */
  at: number
  /** Whether no input comes behind `bytes`. */
  isLast: boolean
  /** Bits taken from the input and not used yet, the next one lowest. */
  bits: number
  bitCount: number
  /** The last bytes that came out, which what follows may repeat, and those that were not handed on. */
  readonly window: Uint8Array
  /** Where the bytes begin that were not handed on. */
  start: number
  /** Where the next byte goes. */
  end: number
  /** The codes of a block that tells its own. */
  readonly symbols: Code
  readonly distances: Code
}

/** How far back a repetition reaches. */
const WINDOW_SIZE = 2 ** 15
/** Handed on at a time, once it is there. */
const FLUSH_SIZE = 3 * WINDOW_SIZE
const MAX_REPETITION = 258
/** The bytes of input that a symbol with its distance may take, and those of the codes of a block. */
const SYMBOL_BYTES = 8
const CODES_BYTES = 600
const MAX_CODE_BITS = 15
/** Bits of a symbol, and of what tells the length of a repetition more exactly. */
const SYMBOL_BITS = MAX_CODE_BITS + 5
const END_OF_BLOCK = 256

/** What a symbol stands for: a number from `base` on, told by so many more bits. */
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

/** RFC 1951, 3.2.5. The longest repetition has a symbol of its own. */
const LENGTHS = rangesOf(
  3,
  Uint8Array.from({ length: 29 }, (_, at) => (at < 8 || at === 28 ? 0 : (at >> 2) - 1)),
)
LENGTHS.base[28] = MAX_REPETITION
const DISTANCES = rangesOf(
  1,
  Uint8Array.from({ length: 30 }, (_, at) => (at < 4 ? 0 : (at >> 1) - 1)),
)

/** The order in which the lengths of the code for code lengths come (RFC 1951, 3.2.7). */
const CODE_LENGTH_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

/** A Huffman code: by the next bits of the input, the symbol times 16 and the length of its code; 0 where there is none. */
interface Code {
  readonly table: Uint16Array
  /** Takes as many bits as the longest code has. */
  mask: number
}

const newCode = (longest = MAX_CODE_BITS): Code => ({ table: new Uint16Array(2 ** longest), mask: 0 })

/** Makes the code that is told by the length of each symbol's code (RFC 1951, 3.2.2). */
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
  // A code of one symbol has one bit, and leaves its other value without a symbol.
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

/** The codes of blocks that tell none (RFC 1951, 3.2.6). */
const FIXED_SYMBOLS = readCode(
  newCode(9),
  new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280),
)
const FIXED_DISTANCES = readCode(newCode(5), new Uint8Array(32).fill(5))

const damagedError = (what: string): RangeError => new RangeError(`DEFLATE: ${what}`)

/** Begins to decode what stands in `bytes`, and what will. */
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
 * Decodes a stream: yields bytes, which are copies, or undefined where it needs more input in `bytes`. It ends behind the
 * last block, and `at` stands there.
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
    if (type === 3) throw damagedError('a block of no type')
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

/** Waits for so many bytes of input, or for the end of it. */
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

/** Gives whole bytes back to the input: it may be replaced by what is left of it, and more. */
function returnWholeBytes(state: Inflation): void {
  state.at -= state.bitCount >> 3
  state.bitCount &= 7
  state.bits &= (1 << state.bitCount) - 1
}

/** Drops the rest of a byte that has been begun. */
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
  if (take(state, 16) !== (length ^ 0xffff)) throw damagedError('a stored block without its length')
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

/** Reads the codes of a block (RFC 1951, 3.2.7). */
function readCodes(state: Inflation): void {
  const { symbols, distances } = state
  const symbolCount = take(state, 5) + 257
  const distanceCount = take(state, 5) + 1
  if (symbolCount > 286 || distanceCount > 30) throw damagedError('more codes than there are')
  const count = symbolCount + distanceCount
  const ofLengths = new Uint8Array(CODE_LENGTH_ORDER.length)
  const ofLengthCount = take(state, 4) + 4
  for (let at = 0; at < ofLengthCount; at++) ofLengths[CODE_LENGTH_ORDER[at]!] = take(state, 3)
  // Its table is used no longer when the code of the distances is made.
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
    if (end > count) throw damagedError('more codes than there are')
    lengths.fill(length, at, end)
    at = end
  }
  readCode(symbols, lengths.subarray(0, symbolCount))
  readCode(distances, lengths.subarray(symbolCount))
}

function takeSymbol(state: Inflation, table: Uint16Array, mask: number): number {
  let length = 0
  let entry = 0
  // Bit by bit, as the last code of the input may be shorter than the longest.
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
  // Behind the end zeros are read, as a code is looked up by more bits than it may have.
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
    // A symbol or a distance that there is none of makes NaN.
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
