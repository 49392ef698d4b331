import { CallError } from '../../core/errors.ts'

/** How the two API versions write a day, and which error a wrong one is. */
const FORMATS = {
  v3: { pattern: /^(\d{4})-(\d\d)-(\d\d)$/, example: '2026-03-01', code: 'QUERY_INVALID' },
  v2: { pattern: /^(\d{4})(\d\d)(\d\d)$/, example: '20260301', code: 'BODY_INVALID' },
} as const

/**
 * Refuses a text that is not a day. Whether the day is over, and not for too long, WeChat Pay decides by its own clock, in
 * Beijing time, which in a simulator may be days ahead of this one.
 *
 * @throws {CallError}
 */
export function requireBillDate(bill_date: string, api: 'v3' | 'v2'): void {
  const { pattern, example, code } = FORMATS[api]
  const [, year, month, date] = pattern.exec(bill_date)?.map(Number) ?? []
  const day = Date.UTC(year!, month! - 1, date)
  // The 31st of February would be another day.
  if (Number.isNaN(day) || new Date(day).getUTCDate() !== date || new Date(day).getUTCMonth() !== month! - 1)
    throw new CallError(
      code,
      'bill_date',
      `"${bill_date}" is not a day. Give a date in Beijing time (UTC+8) such as ${example}`,
    )
}
