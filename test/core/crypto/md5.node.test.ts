import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { md5 } from '../../../src/core/crypto/digest.ts'

const md5ByNode = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

it.each([
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  [
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
    '57edf4a22be3c955ac49da2e2107b67a',
  ],
])('MD5 of %s is that of RFC 1321', (text, digest) => {
  expect(md5(text)).toBe(digest)
})

it('gives what node:crypto gives for every length around two blocks', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 151 + length) & 255)
    expect(md5(bytes), String(length)).toBe(md5ByNode(bytes))
  }
})

it('gives what node:crypto gives for any bytes, large ones too', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), bytes => md5(new Uint8Array(bytes)) === md5ByNode(bytes)))
  const large = new Uint8Array(3 * 2 ** 20 + 7).fill(0xa5)
  expect(md5(large)).toBe(md5ByNode(large))
})
