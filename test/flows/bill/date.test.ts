import { describe, expect, it } from 'vitest'
import { checkBillDate } from '../../../src/flows/bill/date.ts'

const at = (time: string) => Date.parse(time)
const refusal = (date: string, time: string, api: 'v3' | 'v2' = 'v3') => {
  try {
    checkBillDate(date, api, at(time))
  } catch (error) {
    const { name, code, field, message } = error as { name: string; code: string; field: string; message: string }
    expect([name, field]).toEqual(['CallError', 'bill_date'])
    return [code, message]
  }
}

describe('the day of a bill', () => {
  it('is over when it is over in UTC+8', () => {
    expect(refusal('2026-03-01', '2026-03-01T23:59:59.999+08:00')).toEqual([
      'QUERY_INVALID',
      expect.stringContaining('is not over'),
    ])
    expect(refusal('2026-03-01', '2026-03-02T00:00:00+08:00')).toBeUndefined()
    // The first is not over yet in London, nor in New York.
    expect(refusal('2026-03-01', '2026-03-01T16:00:00Z')).toBeUndefined()
    expect(refusal('2026-03-02', '2026-03-01T16:00:00Z')).toBeDefined()
    expect(refusal('2027-01-01', '2026-03-01T16:00:00Z')).toBeDefined()
  })

  it.each([
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
  ])('%s on %s is not over for more than three months: %s', (date, today, holds) => {
    const refused = refusal(date, `${today}T12:00:00+08:00`)
    expect(refused).toEqual(holds ? undefined : ['QUERY_INVALID', expect.stringContaining('three months')])
  })

  it.each([
    '',
    '20260301',
    '2026-3-1',
    '2026-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-03-00',
    '01-03-2026',
    '2026-03-01 ',
  ])('"%s" is no day', date =>
    expect(refusal(date, '2026-03-05T12:00:00+08:00')).toEqual(['QUERY_INVALID', expect.stringContaining('no day')]),
  )

  it('is written without hyphens in APIv2', () => {
    expect(refusal('20260301', '2026-03-02T12:00:00+08:00', 'v2')).toBeUndefined()
    for (const date of ['2026-03-01', '20260230', '20260302'])
      expect(refusal(date, '2026-03-02T12:00:00+08:00', 'v2')?.[0]).toBe('BODY_INVALID')
  })
})
