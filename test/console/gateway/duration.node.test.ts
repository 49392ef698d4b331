import { expect, test } from 'vitest'
import { boundedText, countOf, durationOf } from '../../../src/console/gateway/format.ts'

test.each([
  ['0 s', 0],
  ['85 ms', 0.085],
  ['60 s', 60],
  ['2.5 min', 150],
  ['10 min', 600],
  ['2 h', 7200],
  ['6 h', 21_600],
])('a tick of a chart says what it stands at: %s', (text, seconds) => {
  expect(durationOf(seconds)).toBe(text)
})

test.each([
  [12_000, false, (12_000).toLocaleString()],
  [12_000, true, `${(12_000).toLocaleString()}+`],
])('%d, at least: %s, is written as %s', (count, isAtLeast, text) => {
  expect(boundedText(count, countOf, isAtLeast)).toBe(text)
})
