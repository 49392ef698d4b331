import type { Books } from './books.ts'
import { BillError } from './error.ts'
import type { Matching } from './matching.ts'
import type { Finding } from './reconcile.ts'
import type { BillRow } from './row.ts'

/**
 * Lays the rows of a bill beside our books, one after the other.
 *
 * @returns what is found; nothing of a row that is not looked at
 * @throws {BillError} `BILL_COLUMN_MISSING`
 */
export function createJudge<Row extends BillRow>(by: Matching, books: Books): (row: Row) => Finding<Row> | undefined {
  const { only, state } = by
  /** Of numbers that our books have not: a number that comes twice is told also of these. */
  const strangers = new Set<string>()
  let amountColumn: string | undefined
  return row => {
    amountColumn ??= columnOf(row, by)
    if (only && row[only[0]] !== only[1]) return undefined
    const number = String(row[by.number])
    const there = { amount: row[amountColumn] as number, state: state && String(row[state[0]]) }
    const ours = books.find(number)
    if (!ours) {
      const kind = strangers.has(number) ? 'duplicate-there' : 'missing-here'
      strangers.add(number)
      return { kind, number, there, row }
    }
    const { entry: here, isFirst } = ours
    if (!isFirst) return { kind: 'duplicate-there', number, there, row }
    return { kind: agrees(here, there, by) ? 'matched' : 'differs', number, here, there, row }
  }
}

function agrees(
  here: { amount: number; state?: string | undefined },
  there: typeof here,
  { state }: Matching,
): boolean {
  if (here.amount !== there.amount) return false
  if (!state || here.state === undefined) return true
  const [, names] = state
  return (Object.hasOwn(names, here.state) ? names[here.state] : here.state) === there.state
}

/** All rows have the columns of the first. */
function columnOf(row: BillRow, { number, amount, only, state }: Matching): string {
  for (const column of [number, only?.[0], state?.[0]])
    if (column !== undefined && !Object.hasOwn(row, column)) throw missing(column)
  const found = amount.find(column => typeof row[column] === 'number')
  if (found === undefined) throw missing(amount.join(', '))
  return found
}

const missing = (column: string): BillError =>
  new BillError('BILL_COLUMN_MISSING', `has no ${column} to reconcile by: it is one of another type`)
