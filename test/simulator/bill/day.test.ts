import { describe, expect, test } from 'vitest'
import { isBillDay } from '../../../src/simulator/bill/day.ts'

const at = (time: string) => Date.parse(time)

describe('has a bill for a day that is over', () => {
  test.each([
    ['2026-03-01', '2026-03-01T23:59:59.999+08:00', false],
    ['2026-03-01', '2026-03-02T00:00:00+08:00', true],
    // The first is not over yet in London, nor in New York.
    ['2026-03-01', '2026-03-01T16:00:00Z', true],
    ['2026-03-02', '2026-03-01T16:00:00Z', false],
    ['2027-01-01', '2026-03-01T16:00:00Z', false],
  ])('when it is over in UTC+8: %s at %s, %s', (date, time, holds) => {
    expect(isBillDay(date, at(time))).toBe(holds)
  })

  test.each([
    ['2026-03-01', '2026-06-01', true],
    ['2026-02-28', '2026-06-01', false],
    // The last of February is three months before the last of May.
    ['2026-02-28', '2026-05-31', true],
    ['2026-02-27', '2026-05-31', false],
    ['2025-11-30', '2026-02-28', true],
    ['2025-11-28', '2026-02-28', true],
    ['2025-11-27', '2026-02-28', false],
    ['2025-10-15', '2026-01-15', true],
    ['2025-10-14', '2026-01-15', false],
  ])('for three months: %s on %s, %s', (date, today, holds) => {
    expect(isBillDay(date, at(`${today}T12:00:00+08:00`))).toBe(holds)
  })
})
