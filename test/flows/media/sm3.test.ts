import { describe, expect, it } from 'vitest'
import { sm3 } from '../../../src/flows/media/sm3.ts'

describe('SM3', () => {
  it.each([
    // GB/T 32905-2016, appendix A.
    ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
    ['', '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b'],
  ])('of %j', (text, digest) => {
    expect(sm3(new TextEncoder().encode(text))).toBe(digest)
  })

  it('is of the bytes of a view, not of its buffer', () => {
    const buffer = new TextEncoder().encode('xxabcxx')
    expect(sm3(buffer.subarray(2, 5))).toBe(sm3(new TextEncoder().encode('abc')))
  })
})
