import { CallError } from '../../../core/base/errors.ts'

/** Date format of each API version, and the error code for a date in another format. */
const FORMATS = {
  v3: { pattern: /^(\d{4})-(\d\d)-(\d\d)$/, example: '2026-03-01', code: 'QUERY_INVALID' },
  v2: { pattern: /^(\d{4})(\d\d)(\d\d)$/, example: '20260301', code: 'BODY_INVALID' },
} as const

/**
 * Refuses text that is not a calendar day. It does not check the age of the bill: WeChat Pay decides that by its own
 * clock in Beijing time, and a simulator's clock may be days ahead of the local one.
 *
 * @throws {CallError} `QUERY_INVALID` for APIv3, `BODY_INVALID` for APIv2
 */
export function requireBillDate(bill_date: string, api: 'v2' | 'v3'): void {
  const { pattern, example, code } = FORMATS[api]
  const [, year, month, date] = pattern.exec(bill_date)?.map(Number) ?? []
  const day = Date.UTC(year!, month! - 1, date)
  // Date.UTC accepts February 31 and returns a day in March.
  if (Number.isNaN(day) || new Date(day).getUTCDate() !== date || new Date(day).getUTCMonth() !== month! - 1)
    throw new CallError(
      code,
      'bill_date',
      `"${bill_date}" is not a day. Give a date in Beijing time (UTC+8) such as ${example}`,
    )
}
