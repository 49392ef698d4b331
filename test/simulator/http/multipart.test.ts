import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import { parseMultipart } from '../../../src/simulator/http/multipart.ts'

const TYPE = 'multipart/form-data; charset=utf-8; boundary="a b"'
const part = (name: string, content: string, header = '') =>
  `--a b\r\n${header}Content-Disposition: form-data; name="${name}"; filename="${name}.png"\r\n\r\n${content}\r\n`
const parse = (...texts: string[]) => parseMultipart(TYPE, utf8(texts.join('')))

describe('multipart', () => {
  it('keeps the bytes of each part', () => {
    const parts = parse('preamble\r\n', part('meta', '{"a":"\r\n--a"}'), part('file', ''), '--a b--')!
    expect(parts.map(({ name, filename }) => [name, filename])).toEqual([
      ['meta', 'meta.png'],
      ['file', 'file.png'],
    ])
    expect(parts.map(({ content }) => new TextDecoder().decode(content))).toEqual(['{"a":"\r\n--a"}', ''])
  })

  it.each([
    '',
    '--a b',
    '--a b\r\n',
    '--a b--',
    part('meta', '{}'),
    `${part('meta', '{}')}--a b`,
    `not a line of its own ${part('meta', '{}')}--a b--`,
  ])('refuses a body that is malformed or cut short: %j', text => {
    expect(parse(text)).toBeUndefined()
  })

  it('refuses a content type without a boundary', () => {
    expect(parseMultipart('multipart/form-data', utf8(`${part('meta', '{}')}--a b--`))).toBeUndefined()
  })

  it('accepts 32 parts, and refuses a 33rd', () => {
    const parts = Array.from({ length: 32 }, (_, at) => part(`p${at}`, ''))
    expect(parse(...parts, '--a b--')).toHaveLength(32)
    expect(parse(...parts, part('p32', ''), '--a b--')).toBeUndefined()
  })

  it('reads no further than the 33rd part of a body with a million', () => {
    let sliced = 0
    class CountingBytes extends Uint8Array<ArrayBuffer> {
      override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
        sliced++
        return new Uint8Array(this.buffer).subarray(begin, end)
      }
    }
    const body = new CountingBytes(utf8('--a b\r\n\r\n\r\n'.repeat(1_000_000)).buffer)
    expect(parseMultipart(TYPE, body)).toBeUndefined()
    // The head and the content of each part.
    expect(sliced).toBe(64)
  })

  it('refuses a part whose headers are longer than 8 KB', () => {
    const header = (length: number) => `X: ${'x'.repeat(length)}\r\n`
    expect(parse(part('meta', '{}', header(8000)), '--a b--')).toHaveLength(1)
    expect(parse(part('meta', '{}', header(8192)), '--a b--')).toBeUndefined()
  })
})
