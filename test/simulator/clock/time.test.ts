import { expect, it } from 'vitest'
import { compactTime, dateOf, dateTime, rfc3339 } from '../../../src/simulator/clock/time.ts'

it('formats times in UTC+8', () => {
  const ms = Date.UTC(2024, 11, 31, 16, 0, 1)
  expect([rfc3339(ms), compactTime(ms), dateOf(ms), dateTime(ms)]).toEqual([
    '2025-01-01T00:00:01+08:00',
    '20250101000001',
    '2025-01-01',
    '2025-01-01 00:00:01',
  ])
})
