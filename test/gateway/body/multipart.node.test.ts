import { expect, test } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import {
  boundaryOf,
  exceededFormBound,
  formStart,
  MAX_PART_HEAD,
  MAX_PARTS,
} from '../../../src/gateway/body/multipart.ts'
import { growth } from '../../growth.ts'

const part = (boundary: string, content = '', head = 'Content-Disposition: form-data; name="a"'): string =>
  `--${boundary}\r\n${head}\r\n\r\n${content}\r\n`
const form = (parts: number, boundary = 'x'): string => `${part(boundary).repeat(parts)}--${boundary}--\r\n`
const examine = (bytes: Uint8Array, boundary: string): string | undefined =>
  exceededFormBound(bytes.subarray(Math.max(0, formStart(bytes, boundary))), boundary)
const boundOf = (body: string, boundary = 'x'): string | undefined => examine(utf8(body), boundary)

test('the boundary of a content type is found, quoted or not', () => {
  const found: [string, string | undefined][] = [
    ['multipart/form-data; boundary=----WebKitFormBoundaryAb1', '----WebKitFormBoundaryAb1'],
    ['multipart/form-data;boundary="a b:c"', 'a b:c'],
    ['multipart/form-data; charset=utf-8; Boundary=x; foo=bar', 'x'],
    [`multipart/form-data; boundary=${'b'.repeat(200)}`, 'b'.repeat(200)],
    ['multipart/form-data', undefined],
    ['multipart/form-data; xboundary=a', undefined],
    ['multipart/form-data; boundary=', undefined],
    ['multipart/form-data; boundary=""', undefined],
    ['multipart/form-data; boundary="x', undefined],
  ]
  expect(found.map(([type]) => [type, boundaryOf(type)])).toEqual(found)
})

test(`a form has at most ${MAX_PARTS} parts`, () => {
  const long = 'b'.repeat(200)
  for (const boundary of ['x', '-', 'a b:c', long]) {
    expect(boundOf(form(MAX_PARTS, boundary), boundary)).toBeUndefined()
    expect(boundOf(form(MAX_PARTS + 1, boundary), boundary)).toBe(`more than ${MAX_PARTS} parts`)
    expect(boundOf(`\r\n${form(MAX_PARTS + 1, boundary)}`, boundary)).toBe(`more than ${MAX_PARTS} parts`)
  }
})

test('a boundary inside a line of a file begins no part', () => {
  const file = ' --x\r\n'.repeat(1_000)
  expect(boundOf(`${part('x', file)}--x--\r\n`)).toBeUndefined()
})

test('the headers of a part are bounded, a file is not', () => {
  const refused = `a part with more than ${MAX_PART_HEAD} bytes of headers`
  const head = (bytes: number) => `A: ${'b'.repeat(bytes - 3)}`
  expect(boundOf(`${part('x', 'c'.repeat(1e5), head(MAX_PART_HEAD))}--x--\r\n`)).toBeUndefined()
  expect(boundOf(`${part('x', '', head(MAX_PART_HEAD + 1))}--x--\r\n`)).toBe(refused)
  expect(boundOf(`${part('x')}${part('x', '', head(MAX_PART_HEAD + 1))}--x--\r\n`)).toBe(refused)
})

test.each(['\n', '\r\n\r\n', '\n--', '\n--a', '--', 'a'])('a form of %j takes linear time', piece => {
  const make = (length: number): Uint8Array<ArrayBuffer> => utf8(piece.repeat(length / piece.length))
  const times = growth(bytes => examine(bytes, 'a'.repeat(70)), make, 1024, 512)
  expect(times).toBeLessThan(10)
})
