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
  [9_999, (9_999).toLocaleString()],
  [10_000, `${(10_000).toLocaleString()}+`],
])('%d of what is counted up to 10,000 is written as %s', (count, text) => {
  expect(boundedText(count, countOf, 10_000)).toBe(text)
})
