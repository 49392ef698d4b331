import { concat, hex } from '../../core/bytes.ts'

const INITIAL = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const
const BLOCK = 64

/** Incremental digest. */
export interface Digest {
  update(bytes: Uint8Array): void
  /** Ends the digest and returns it in lower-case hex. */
  digest(): string
}

/**
 * Creates an SM3 digest (GB/T 32905-2016). Uploads of invoices (电子发票) require it, and WebCrypto does not have it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8998 and GM/T 0004-2012
 */
export function createSm3(): Digest {
  const state = Uint32Array.from(INITIAL)
  let rest = new Uint8Array(0)
  let length = 0

  /** Compresses whole blocks and keeps the rest for later. */
  function compressWholeBlocks(bytes: Uint8Array): void {
    const whole = rest.length > 0 ? concat(rest, bytes) : bytes
    const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
    let at = 0
    for (; at + BLOCK <= whole.length; at += BLOCK) compress(state, view, at)
    rest = whole.slice(at)
  }

  return {
    update(bytes) {
      length += bytes.length
      compressWholeBlocks(bytes)
    },
    digest() {
      const end = new Uint8Array((rest.length < 56 ? 64 : 128) - rest.length)
      end[0] = 0x80
      new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(length) * 8n)
      compressWholeBlocks(end)
      const bytes = new Uint8Array(32)
      state.forEach((word, at) => {
        new DataView(bytes.buffer).setUint32(at * 4, word)
      })
      return hex(bytes)
    },
  }
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by))
const p0 = (word: number): number => word ^ rotate(word, 9) ^ rotate(word, 17)
const p1 = (word: number): number => word ^ rotate(word, 15) ^ rotate(word, 23)

const w = new Int32Array(68)

function compress(state: Uint32Array, block: DataView, start: number): void {
  for (let j = 0; j < 16; j++) w[j] = block.getInt32(start + j * 4)
  for (let j = 16; j < 68; j++)
    w[j] = p1(w[j - 16]! ^ w[j - 9]! ^ rotate(w[j - 3]!, 15)) ^ rotate(w[j - 13]!, 7) ^ w[j - 6]!
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let j = 0; j < 64; j++) {
    const isEarly = j < 16
    const a12 = rotate(a, 12)
    const ss1 = rotate(a12 + e + rotate(isEarly ? 0x79cc4519 : 0x7a879d8a, j % 32), 7)
    const ff = isEarly ? a ^ b ^ c : (a & b) | (a & c) | (b & c)
    const gg = isEarly ? e ^ f ^ g : (e & f) | (~e & g)
    const tt1 = (ff + d + (ss1 ^ a12) + (w[j]! ^ w[j + 4]!)) | 0
    const tt2 = (gg + h + ss1 + w[j]!) | 0
    ;[d, c, b, a] = [c, rotate(b, 9), a, tt1]
    ;[h, g, f, e] = [g, rotate(f, 19), e, p0(tt2)]
  }
  for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) state[at]! ^= word
}
