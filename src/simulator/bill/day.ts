import { dateOf } from '../clock/time.ts'

/** Months for which bills are available. */
const MONTHS = 3

/**
 * Returns whether a bill of a day is available by the simulated clock: the day is over in UTC+8, and at most three
 * months ago.
 *
 * @param bill_date `2026-03-01`
 * @param now ms
 */
export function isBillDay(bill_date: string, now: number): boolean {
  const today = dateOf(now)
  return bill_date < today && bill_date >= monthsBefore(today)
}

/** Returns the same day some months earlier, or the last day of that month. */
function monthsBefore(today: string): string {
  const [year, month, date] = today.split('-').map(Number) as [number, number, number]
  const last = new Date(Date.UTC(year, month - MONTHS, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 - MONTHS, Math.min(date, last))).toISOString().slice(0, 10)
}
