import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_ATTEMPTS, retryDelayOf } from '../../../src/gateway/delivery/backoff.ts'

const HOUR = 3600_000
/** The waits between the first attempt and the last. */
const waits = (random: number) =>
  Array.from({ length: MAX_ATTEMPTS - 1 }, (_, at) => retryDelayOf(at + 1, () => random))
const sum = (some: readonly number[]) => some.reduce((one, other) => one + other, 0)

test('waits three times as long each time, a day at most', () => {
  expect(waits(0.5).map(wait => wait / 1000)).toEqual([
    5, 15, 45, 135, 405, 1215, 3645, 10_935, 32_805, 86_400, 86_400, 86_400, 86_400,
  ])
})

test('all attempts together last three days at least, however the lots fall', () => {
  expect([0, 0.5, 1].map(random => Math.round((sum(waits(random)) / HOUR) * 60))).toEqual([
    3 * 1440 + 15 * 60 + 44,
    4 * 1440 + 13 * 60 + 40,
    5 * 1440 + 11 * 60 + 36,
  ])
})

test('a wait is off by a fifth at most, both ways, and always some whole milliseconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const [wait, even] = [retryDelayOf(attempt, () => random), retryDelayOf(attempt, () => 0.5)]
      expect(Number.isSafeInteger(wait)).toBe(true)
      expect(Math.abs(wait / even - 1)).toBeLessThanOrEqual(0.2)
    }),
  )
  expect(new Set(Array.from({ length: 10 }, () => retryDelayOf(9))).size).toBeGreaterThan(1)
})
