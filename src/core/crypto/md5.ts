import type { Bytes } from '../base/bytes.ts'

/** 2^32 times the sine of 1, 2, 3, …, in radians. */
const SINES = Int32Array.from({ length: 64 }, (_, step) => Math.abs(Math.sin(step + 1)) * 2 ** 32)
/** The rotations of each round of 16 steps: four, repeated (RFC 1321, 3.4). */
const TURNS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
/** The word of the block that each round begins with, and the distance of those that follow. */
const FIRST_WORDS = [0, 1, 5, 0]
const STRIDES = [1, 5, 3, 7]

/** Computes MD5 (RFC 1321), which APIv2 signs with. Only the WebCrypto of workerd has it. */
export function md5Bytes(message: Bytes): Bytes {
  const padded = new Uint8Array(((message.length + 72) >> 6) << 6)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, message.length << 3, true)
  view.setUint32(padded.length - 4, message.length / 2 ** 29, true)

  const words = new Int32Array(16)
  const digest = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 16; at++) words[at] = view.getInt32(block + 4 * at, true)
    addBlock(digest, words)
  }
  for (let at = 0; at < 4; at++) view.setInt32(4 * at, digest[at]!, true)
  return padded.subarray(0, 16)
}

function addBlock(digest: Int32Array, words: Int32Array): void {
  // Read one by one: an iterator in between keeps the engine from holding them in registers, and triples the time.
  let a = digest[0]!
  let b = digest[1]!
  let c = digest[2]!
  let d = digest[3]!
  for (let step = 0; step < 64; step++) {
    const round = step >> 4
    const mixed = step < 16 ? d ^ (b & (c ^ d)) : step < 32 ? c ^ (d & (b ^ c)) : step < 48 ? b ^ c ^ d : c ^ (b | ~d)
    const word = words[(step * STRIDES[round]! + FIRST_WORDS[round]!) & 15]!
    const sum = (a + mixed + SINES[step]! + word) | 0
    const turn = TURNS[(round << 2) | (step & 3)]!
    a = d
    d = c
    c = b
    b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0
  }
  digest[0]! += a
  digest[1]! += b
  digest[2]! += c
  digest[3]! += d
}
