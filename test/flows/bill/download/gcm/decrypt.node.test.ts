import { createCipheriv, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../../src/core/base/bytes.ts'
import { decryptGcm } from '../../../../../src/flows/bill/download/gcm/decrypt.ts'

/** node:crypto encrypts; the tag stands behind the ciphertext. */
function encrypted(plain: Uint8Array, key: Uint8Array, nonce: Uint8Array): Buffer {
  const bits = (8 * key.length) as 128 | 192 | 256
  const cipher = createCipheriv(`aes-${bits}-gcm`, key, nonce)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

async function decrypted(ciphertext: Uint8Array, key: Bytes, nonce: Bytes, cuts: number[] = []): Promise<Buffer> {
  const ends = [...cuts.map(cut => cut % (ciphertext.length + 1)), ciphertext.length].sort((one, other) => one - other)
  async function* chunks() {
    for (const [at, end] of ends.entries()) yield ciphertext.subarray(at ? ends[at - 1] : 0, end)
  }
  const pieces: Bytes[] = []
  for await (const piece of decryptGcm(chunks(), key, nonce)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const bytes = (hex: string): Bytes => Uint8Array.from(Buffer.from(hex, 'hex'))
const random = (length: number): Bytes => Uint8Array.from(randomBytes(length))
const array = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints).map(array => Uint8Array.from(array))

/** McGrew and Viega, The Galois/Counter Mode of Operation, appendix B: test cases 13, 14 and 18 (without its additional data 15). */
it.each([
  ['00'.repeat(32), '00'.repeat(12), '', '530f8afbc74536b9a963b4f1c4cb738b'],
  [
    '00'.repeat(32),
    '00'.repeat(12),
    '00'.repeat(16),
    'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  ],
  [
    'feffe9928665731c6d6a8f9467308308'.repeat(2),
    'cafebabefacedbaddecaf888',
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c',
  ],
])('a published vector: key %s, nonce %s', async (key, nonce, plain, ciphertext) => {
  expect((await decrypted(bytes(ciphertext), bytes(key), bytes(nonce))).toString('hex')).toBe(plain)
})

describe('what node:crypto encrypted', () => {
  it('is decrypted, whatever the nonce, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        array({ maxLength: 100 }),
        fc.constantFrom(16, 24, 32).chain(length => array({ minLength: length, maxLength: length })),
        array({ minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (plain, key, nonce, cuts) => {
          expect(await decrypted(encrypted(plain, key, nonce), key, nonce, cuts)).toEqual(Buffer.from(plain))
        },
      ),
    )
  })

  it('is decrypted in pieces where it is long', async () => {
    const [key, nonce] = [random(32), random(16)]
    for (const length of [2 ** 16, 2 ** 16 + 15, 3 * 2 ** 16 - 1, 1_000_003]) {
      const plain = random(length)
      const cuts = [1, 17, 2 ** 16, 2 ** 16 + 3, 500_001]
      expect((await decrypted(encrypted(plain, key, nonce), key, nonce, cuts)).equals(plain)).toBe(true)
    }
  })

  it('is decrypted where its counter wraps around', async () => {
    const key = bytes('00'.repeat(32))
    const plain = random(16 * 2 ** 20)
    const nonce = await wrapping(key, 2 ** 20 - 8)
    expect((await decrypted(encrypted(plain, key, nonce), key, nonce)).equals(plain)).toBe(true)
  })

  it('and was changed, cut or lengthened by anyone is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        array({ minLength: 1, maxLength: 60 }),
        array({ minLength: 16, maxLength: 16 }),
        fc.nat(),
        fc.nat({ max: 7 }),
        async (plain, nonce, at, bit) => {
          const key = bytes('0f'.repeat(32))
          const whole = encrypted(plain, key, nonce)
          const turned = Uint8Array.from(whole)
          turned[at % whole.length]! ^= 1 << bit
          for (const other of [turned, whole.subarray(0, at % whole.length), Buffer.concat([whole, Buffer.of(0)])])
            await expect(decrypted(other, key, nonce)).rejects.toThrow(RangeError)
          await expect(decrypted(whole, bytes('0e'.repeat(32)), nonce)).rejects.toThrow(RangeError)
        },
      ),
      { numRuns: 50 },
    )
  })
})

/** A nonce of 16 bytes whose counter wraps around within so many blocks: its keystream there is that of a counter of 0. */
async function wrapping(key: Bytes, within: number): Promise<Bytes> {
  const { createGhash } = await import('../../../../../src/flows/bill/download/gcm/ghash.ts')
  const ecb = createCipheriv('aes-256-ecb', key, null)
  const subkey = ecb.update(Buffer.alloc(16))
  for (let count = 0; ; count++) {
    const nonce = new Uint8Array(16)
    new DataView(nonce.buffer).setUint32(0, count)
    const ghash = createGhash(subkey)
    ghash.update(nonce)
    ghash.update(bytes('000000000000000000000000000000' + '80'))
    const start = new DataView(ghash.digest().buffer).getUint32(12)
    if (2 ** 32 - start < within) return nonce
  }
}
