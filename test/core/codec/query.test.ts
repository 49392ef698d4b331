import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringifyQuery } from '../../../src/core/codec/query.ts'

test('URL leaves a written query as it is, so that what is signed is what is sent', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
      query => {
        const text = stringifyQuery(query)
        const url = new URL('https://api.mch.weixin.qq.com/v3/x')
        url.search = text
        expect(url.search).toBe(text && `?${text}`)
        expect(Object.fromEntries(url.searchParams)).toEqual({ ...query })
      },
    ),
  )
})

test('writes numbers, booleans and bigints, repeats a list, leaves out undefined', () => {
  expect(stringifyQuery({ a: 1, b: true, c: 2n ** 64n, d: ['x', 'y z'], e: undefined, f: '' })).toBe(
    'a=1&b=true&c=18446744073709551616&d=x&d=y%20z&f=',
  )
})

test.each<[string, unknown]>([
  ['an object', { a: 1 }],
  ['null', null],
  ['a rounded integer', 2 ** 53],
  ['NaN', Number.NaN],
  ['half a surrogate pair', '\ud83d'],
])('refuses %s and names the parameter', (_, value) => {
  expect(() => stringifyQuery({ mchid: value as string })).toThrow(
    expect.objectContaining({
      name: 'CallError',
      code: 'QUERY_INVALID',
      field: 'mchid',
      message: expect.stringMatching(/^mchid: /),
    }),
  )
})
