import { singleLine } from '../terminal.ts'

/** An event as the admin API shows it. */
export interface EventRow {
  readonly seq: number
  readonly webhook_id: string
  readonly id: string
  readonly event: string
  readonly subject: string | null
  readonly source: string
  readonly received_at: number
  readonly numbers: Readonly<Record<string, string>>
}

/** The numbers by which a merchant knows what an event is about, the most specific first. */
const OWN_NUMBERS: readonly string[] = [
  'out_refund_no',
  'out_return_no',
  'out_bill_no',
  'out_batch_no',
  'out_order_no',
  'combine_out_trade_no',
  'out_trade_no',
]

/** Returns the number by which the merchant knows what an event is about. */
export function numberOf({ numbers, subject, id }: Pick<EventRow, 'numbers' | 'subject' | 'id'>): string {
  const name = OWN_NUMBERS.find(candidate => Object.hasOwn(numbers, candidate))
  return (name && numbers[name]) || Object.values(numbers)[0] || subject?.replace(/^.*\//, '') || id
}

/** Formats the local time to the millisecond. */
export const clockTime = (at: number): string => localTime(at).slice(11, 23)
/** Formats the local date and time to the second, with the difference to UTC: `2026-01-01 08:00:00+08:00`. */
export const dateTime = (at: number): string => localTime(at).slice(0, 19).replace('T', ' ') + zoneOf(at)

function zoneOf(at: number): string {
  const offset = -new Date(at).getTimezoneOffset()
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60]
  return `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
}

const localTime = (at: number): string => {
  const time = new Date(at)
  return new Date(at - time.getTimezoneOffset() * 60_000).toISOString()
}

/** Joins the columns of a line. Texts of other parties cannot control the terminal. */
export const lineOf = (...columns: readonly (string | number | undefined)[]): string =>
  columns
    .filter(column => column !== undefined)
    .map(column => singleLine(String(column)))
    .join('  ')
    .trimEnd()

/** The width of the column of events' names: the longest usual one is MCHTRANSFER.BILL.FINISHED. */
const EVENT_WIDTH = 25
export const eventColumn = (event: string): string => event.padEnd(EVENT_WIDTH)
