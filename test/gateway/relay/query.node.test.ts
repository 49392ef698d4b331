import { expect, test } from 'vitest'
import { queryOf } from '../../../src/gateway/relay/input.ts'
import { growth } from '../../growth.ts'

test('a repeated parameter becomes a list, and every other a text', () => {
  const query = queryOf(new URLSearchParams('b=1&a=2&b=3&__proto__=4&constructor=5&c'))
  expect(Object.entries(query)).toEqual([
    ['b', ['1', '3']],
    ['a', '2'],
    ['__proto__', '4'],
    ['constructor', '5'],
    ['c', ''],
  ])
})

test.each([
  ['different', (at: number) => `${at}=`],
  ['equal', () => 'a='],
])('a query of %s parameters takes linear time', (_, parameter) => {
  const make = (length: number) => new URLSearchParams(Array.from({ length }, (_, at) => parameter(at)).join('&'))
  expect(growth(queryOf, make, 16, 256)).toBeLessThan(10)
})
