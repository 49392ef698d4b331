import { dateOf } from '../clock/time.ts'

/** Months back that bills are there for. */
const MONTHS = 3

/**
 * Tells whether a day has a bill by the simulated clock: it is over in UTC+8, and not for more than three months.
 *
 * @param bill_date `2026-03-01`
 * @param now ms
 */
export function isBillDay(bill_date: string, now: number): boolean {
  const today = dateOf(now)
  return bill_date < today && bill_date >= monthsBefore(today)
}

/** The same day some months before, or the last of that month. */
function monthsBefore(today: string): string {
  const [year, month, date] = today.split('-').map(Number) as [number, number, number]
  const last = new Date(Date.UTC(year, month - MONTHS, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 - MONTHS, Math.min(date, last))).toISOString().slice(0, 10)
}
