import type { Bytes } from '../bytes.ts'

/** The rotation of each step, four for each round (RFC 1321, 3.4). */
const TURNS = Uint8Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21)
/** 2^32 times the sine of 1, 2, 3, …, in radians. */
const SINES = Uint32Array.from({ length: 64 }, (_, at) => Math.abs(Math.sin(at + 1)) * 2 ** 32)

/** Computes MD5 (RFC 1321), which APIv2 signs with. Only the WebCrypto of workerd has it. */
export function md5Bytes(message: Bytes): Bytes {
  const padded = new Uint8Array(((message.length + 72) >> 6) << 6)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, message.length << 3, true)
  view.setUint32(padded.length - 4, message.length / 2 ** 29, true)
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state as unknown as [number, number, number, number]
    for (let step = 0; step < 64; step++) {
      const round = step >> 4
      let mixed = c ^ (b | ~d)
      let word = 7 * step
      if (round === 0) {
        mixed = (b & c) | (~b & d)
        word = step
      } else if (round === 1) {
        mixed = (b & d) | (c & ~d)
        word = 5 * step + 1
      } else if (round === 2) {
        mixed = b ^ c ^ d
        word = 3 * step + 5
      }
      const sum = (a + mixed + SINES[step]! + view.getUint32(block + ((word & 15) << 2), true)) | 0
      const turn = TURNS[(round << 2) | (step & 3)]!
      a = d
      d = c
      c = b
      b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
  }
  const digest = new DataView(new ArrayBuffer(16))
  for (const [at, word] of state.entries()) digest.setInt32(4 * at, word, true)
  return new Uint8Array(digest.buffer)
}
