const BLOCK = 16
const BYTES = 256

/** Incremental GHASH (NIST SP 800-38D, 6.4), from which AES-GCM computes its tag. */
export interface Ghash {
  /** Adds whole blocks; a short last block is padded with zeros. */
  update(bytes: Uint8Array): void
  /** @returns 16 bytes */
  digest(): Uint8Array<ArrayBuffer>
}

/**
 * Creates a GHASH.
 *
 * @param subkey 16 bytes: the encryption of the zero block
 * @example
 * ```ts
 * const ghash = createGhash(subkey)
 * ghash.update(ciphertext)
 * ghash.update(lengths)
 * const sum = ghash.digest()
 * ```
 */
export function createGhash(subkey: Uint8Array): Ghash {
  const products = productsOf(subkey)
  const state = new Int32Array(4)
  return {
    update(bytes) {
      const end = bytes.length - (bytes.length % BLOCK)
      absorb(state, products, bytes, end)
      if (end === bytes.length) return
      const last = new Uint8Array(BLOCK)
      last.set(bytes.subarray(end))
      absorb(state, products, last, BLOCK)
    },
    digest() {
      const view = new DataView(new ArrayBuffer(BLOCK))
      for (const [at, word] of state.entries()) view.setInt32(4 * at, word)
      return new Uint8Array(view.buffer)
    },
  }
}

/** Multiplies by x. Bits run from the highest of the first word to the lowest of the last (6.3). */
function timesX(words: Int32Array): void {
  const carry = words[3]! & 1
  for (let at = 3; at > 0; at--) words[at] = (words[at]! >>> 1) | (words[at - 1]! << 31)
  words[0] = (words[0]! >>> 1) ^ (carry && 0xe1000000)
}

/** Computes the product of the subkey and each byte value, four words each. */
function productsOf(subkey: Uint8Array): Int32Array {
  const products = new Int32Array(4 * BYTES)
  const view = new DataView(subkey.buffer, subkey.byteOffset, BLOCK)
  const power = Int32Array.from({ length: 4 }, (_, at) => view.getInt32(4 * at))
  for (let bit = 0x80; bit > 0; bit >>= 1) {
    products.set(power, 4 * bit)
    timesX(power)
  }
  for (let byte = 1; byte < BYTES; byte++) {
    const lowest = byte & -byte
    if (lowest === byte) continue
    for (let at = 0; at < 4; at++)
      products[4 * byte + at] = products[4 * lowest + at]! ^ products[4 * (byte ^ lowest) + at]!
  }
  return products
}

/** For each byte that a shift drops, its reduction, in the upper half of the first word. */
const REDUCTIONS: Int32Array = Int32Array.from({ length: BYTES }, (_, byte) => {
  const words = Int32Array.of(0, 0, 0, byte)
  for (let shift = 0; shift < 8; shift++) timesX(words)
  return words[0]!
})

const words = new Int32Array(4)

/** Adds each block and multiplies by the subkey, byte by byte from the last (Horner's method). */
function absorb(state: Int32Array, products: Int32Array, bytes: Uint8Array, end: number): void {
  let s0 = state[0]!
  let s1 = state[1]!
  let s2 = state[2]!
  let s3 = state[3]!
  for (let block = 0; block < end; block += BLOCK) {
    words[0] = s0
    words[1] = s1
    words[2] = s2
    words[3] = s3
    s0 = 0
    s1 = 0
    s2 = 0
    s3 = 0
    for (let at = BLOCK - 1; at >= 0; at--) {
      const byte = bytes[block + at]! ^ ((words[at >> 2]! >>> (24 - 8 * (at & 3))) & 0xff)
      const product = 4 * byte
      const dropped = s3 & 0xff
      s3 = ((s3 >>> 8) | (s2 << 24)) ^ products[product + 3]!
      s2 = ((s2 >>> 8) | (s1 << 24)) ^ products[product + 2]!
      s1 = ((s1 >>> 8) | (s0 << 24)) ^ products[product + 1]!
      s0 = (s0 >>> 8) ^ REDUCTIONS[dropped]! ^ products[product]!
    }
  }
  state[0] = s0
  state[1] = s1
  state[2] = s2
  state[3] = s3
}
