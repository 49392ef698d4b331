import { describe, expect, it } from 'vitest'
import { requireBillDate } from '../../../../src/flows/bill/download/date.ts'

const refusal = (date: string, api: 'v3' | 'v2' = 'v3') => {
  try {
    requireBillDate(date, api)
  } catch (error) {
    const { name, code, field, message } = error as { name: string; code: string; field: string; message: string }
    expect([name, field]).toEqual(['CallError', 'bill_date'])
    return [code, message]
  }
}

describe('the day of a bill', () => {
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
    expect(refusal(date)).toEqual(['QUERY_INVALID', expect.stringMatching(/not a day.*Beijing time/)]),
  )

  it('is written without hyphens in APIv2', () => {
    expect(refusal('20260301', 'v2')).toBeUndefined()
    expect(refusal('2026-03-01', 'v2')).toEqual(['BODY_INVALID', expect.stringMatching(/not a day.*Beijing time/)])
  })

  it('is for WeChat Pay to judge, by its own clock', () => {
    for (const date of ['2026-03-01', '2028-02-29', '2999-12-31', '2013-08-05']) expect(refusal(date)).toBeUndefined()
  })
})
