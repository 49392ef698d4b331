import { expect, test } from 'vitest'
import { minutesUntil } from '../../src/console/gateway/format.ts'

test.each([
  ['right after signing in', 3_599_400, 59],
  ['with a browser whose clock is ten minutes slow', 4_200_000, 60],
  ['in its last minute', 59_999, 0],
  ['after its end', -1, 0],
])('the minutes of a session are those that it lasts for sure: %s', (_, left, minutes) => {
  expect(minutesUntil(1_800_000_000_000 + left, 1_800_000_000_000)).toBe(minutes)
})
