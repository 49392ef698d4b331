import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSm3 } from '../../../src/flows/media/sm3.ts'

const sm3 = (...chunks: Uint8Array[]) => {
  const { update, digest } = createSm3()
  for (const chunk of chunks) update(chunk)
  return digest()
}
const utf8 = (text: string) => new TextEncoder().encode(text)

describe('SM3', () => {
  it.each([
    // GB/T 32905-2016, appendix A.
    ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
    ['', '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b'],
  ])('of %j', (text, digest) => {
    expect(sm3(utf8(text))).toBe(digest)
  })

  it('is the same however the message is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), chunks => {
        expect(sm3(...chunks)).toBe(sm3(Uint8Array.from(chunks.flatMap(chunk => [...chunk]))))
      }),
    )
  })
})
