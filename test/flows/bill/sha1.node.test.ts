import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { createSha1 } from '../../../src/flows/bill/sha1.ts'

const sha1ByNode = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

function sha1(...chunks: Uint8Array[]): string {
  const digest = createSha1()
  for (const chunk of chunks) digest.update(chunk)
  return digest.digest()
}

it.each([
  ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
])('SHA-1 of "%s" is that of FIPS 180', (text, digest) => expect(sha1(utf8(text))).toBe(digest))

it('gives what node:crypto gives for every length around two blocks', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 151 + length) & 255)
    expect(sha1(bytes), String(length)).toBe(sha1ByNode(bytes))
  }
})

it('gives what node:crypto gives, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 })),
      chunks => sha1(...chunks) === sha1ByNode(Buffer.concat(chunks)),
    ),
  )
})

it('is right beyond 2^32 bits', () => {
  const chunk = new Uint8Array(2 ** 20).fill(0xa5)
  const [records, theirs] = [createSha1(), createHash('sha1')]
  for (let at = 0; at < 513; at++) {
    records.update(chunk)
    theirs.update(chunk)
  }
  expect(records.digest()).toBe(theirs.digest('hex'))
})
