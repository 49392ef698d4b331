import { expect, test } from 'vitest'
import { retryAfterOf } from '../../../src/gateway/delivery/retry-after.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const DAY = 86_400_000

test.each<[string, number | undefined]>([
  ['0', 0],
  ['120', 120_000],
  ['86400', DAY],
  ['86401', DAY],
  ['99999999999999999999', DAY],
  ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ['Fri, 01 Jan 2027 00:00:00 GMT', DAY],
  // The two older forms that RFC 9110 has recipients read.
  ['Friday, 02-Jan-26 03:05:05 GMT', 60_000],
  ['', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-01-02', undefined],
  ['never GMT', undefined],
])('Retry-After: %s', (text, due) => {
  expect(retryAfterOf(new Headers({ 'Retry-After': text }), now)).toBe(due)
})

test('without the header nothing is asked', () => {
  expect(retryAfterOf(new Headers(), now)).toBeUndefined()
})
