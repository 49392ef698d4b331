import { expect, test } from 'vitest'
import { formatOffset } from '../../src/console/clock/offset.ts'

const MINUTE = 60_000

test('an offset of the clock is written in its two longest units, ahead or behind', () => {
  expect(formatOffset(4 * MINUTE, 'en')).toBe('+4 min')
  expect(formatOffset(4 * MINUTE, 'zh')).toBe('+4 分钟')
  expect(formatOffset(-(26 * 60 + 5) * MINUTE, 'en')).toBe('−1 d 2 h')
  expect(formatOffset(15_000, 'en')).toBe('+15 s')
  expect(formatOffset(4 * MINUTE - 30, 'en')).toBe('+4 min')
})

test('clocks that agree but for the time of a request have no offset', () => {
  expect(formatOffset(-300, 'en')).toBeUndefined()
  expect(formatOffset(0, 'zh')).toBeUndefined()
})
