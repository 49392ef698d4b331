import { CallError } from '../../core/errors.ts'

/** WeChat Pay's days are those of UTC+8, whatever the merchant's zone. */
const OFFSET = 8 * 60 * 60 * 1000
/** Months back that bills are there for. */
const MONTHS = 3

/** How the two API versions write a day, and which error a wrong one is. */
const FORMATS = {
  v3: { pattern: /^(\d{4})-(\d\d)-(\d\d)$/, example: '2026-03-01', code: 'QUERY_INVALID' },
  v2: { pattern: /^(\d{4})(\d\d)(\d\d)$/, example: '20260301', code: 'BODY_INVALID' },
} as const

/**
 * Refuses a day that has no bill: one that is none, that is not over, or that is over for more than three months.
 *
 * @param now milliseconds
 * @throws {CallError}
 */
export function checkBillDate(bill_date: string, api: 'v3' | 'v2', now: number): void {
  const { pattern, example, code } = FORMATS[api]
  const refused = (why: string) => new CallError(code, 'bill_date', why)
  const [, year, month, date] = pattern.exec(bill_date)?.map(Number) ?? []
  const day = Date.UTC(year!, month! - 1, date)
  // The 31st of February would be another day.
  if (Number.isNaN(day) || new Date(day).getUTCDate() !== date || new Date(day).getUTCMonth() !== month! - 1)
    throw refused(`"${bill_date}" is no day, such as ${example}`)
  const today = new Date(now + OFFSET)
  today.setUTCHours(0, 0, 0, 0)
  if (day >= today.getTime())
    throw refused(`${bill_date} is not over in UTC+8. Its bill is there from ten in the morning of the day after`)
  if (day < monthsBefore(today))
    throw refused(`${bill_date} is over for more than three months: WeChat Pay keeps no older bills for download`)
}

/** The same day some months before, or the last of that month. */
function monthsBefore(day: Date): number {
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth() - MONTHS]
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(day.getUTCDate(), last))
}
