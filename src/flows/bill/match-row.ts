import { BillError } from './error.ts'
import type { Columns, Matching } from './matching.ts'
import type { Entry, Finding } from './reconcile.ts'
import { type Books, DEFAULT_CURRENCY, type Kept, type Key } from './records.ts'
import type { BillRow } from './row.ts'

/** Where the first row has what a matching looks for. */
interface Found {
  readonly amount: string
  readonly currency: string | undefined
  readonly subMerchant: string | undefined
  readonly same: readonly (readonly [member: string, column: string])[]
}

/**
 * Lays the rows of a bill beside our books, one after the other.
 *
 * @returns what is found; nothing of a row that is not looked at
 * @throws {BillError} `BILL_COLUMN_MISSING`, `BILL_KEY_AMBIGUOUS`
 */
export function createJudge<Row extends BillRow>(by: Matching, books: Books): (row: Row) => Finding<Row> | undefined {
  const { only, state } = by
  /** Of numbers that our books have not: a number that comes twice is told also of these. */
  const strangers = new Map<string, Set<string>>()
  let found: Found | undefined

  /** @returns whether it was there before */
  const wasThere = ({ sub_mchid, number }: Key): boolean => {
    const numbers = strangers.get(sub_mchid) ?? new Set<string>()
    strangers.set(sub_mchid, numbers)
    const { size } = numbers
    return numbers.add(number).size === size
  }

  return row => {
    found ??= columnsOf(row, by, books)
    if (only && row[only[0]] !== only[1]) return undefined
    const key: Key = {
      sub_mchid: found.subMerchant === undefined ? '' : merchantOf(row[found.subMerchant]),
      number: String(row[by.number]),
    }
    const named = nameOf(key)
    const there: Entry = {
      amount: row[found.amount] as number,
      currency: found.currency && String(row[found.currency]),
      state: state && String(row[state[0]]),
    }
    const ours = books.find(key)
    if (!ours) {
      refuseAmbiguous(key, by, books)
      return { kind: wasThere(key) ? 'duplicate-there' : 'missing-here', ...named, there, row }
    }
    const { record, isFirst } = ours
    if (!isFirst) return { kind: 'duplicate-there', ...named, there, row }
    const here = entryOf(record, by)
    const differences = differencesOf(record, here, there, row, by, found)
    return differences.length === 0
      ? { kind: 'matched', ...named, here, there, row }
      : { kind: 'differs', ...named, here, there, differences, row }
  }
}

/** Bills write `0` where there is no sub-merchant. */
export const merchantOf = (value: unknown): string =>
  value === undefined || value === null || value === '0' ? '' : String(value)

/** A key as findings have it. */
export const nameOf = ({ sub_mchid, number }: Key): { number: string; sub_mchid?: string } =>
  sub_mchid === '' ? { number } : { number, sub_mchid }

export const entryOf = ({ amount, state, others }: Kept, { currency }: Matching): Entry => ({
  amount,
  currency: currency && (others.currency ?? DEFAULT_CURRENCY),
  state,
})

/**
 * Refuses to guess whose number it is. Where no record names a sub-merchant and the bill does, the same number may be that of
 * any other.
 */
function refuseAmbiguous({ sub_mchid, number }: Key, { field }: Matching, books: Books): void {
  if (sub_mchid === '' || books.hasSubMerchants || !books.has({ sub_mchid: '', number })) return
  throw new BillError(
    'BILL_KEY_AMBIGUOUS',
    `says that ${field} ${number} is one of the sub-merchant ${sub_mchid}, and our records name no sub-merchant: another may use the same number. Give the records sub_mchid, or give it to reconcile() when all are of one`,
  )
}

function differencesOf(
  record: Kept,
  here: Entry,
  there: Entry,
  row: BillRow,
  { state }: Matching,
  { same }: Found,
): string[] {
  const differences: string[] = []
  if (here.amount !== there.amount) differences.push('amount')
  // A bill that says nothing of it contradicts nothing.
  if (there.currency && here.currency !== there.currency) differences.push('currency')
  if (state && here.state !== undefined) {
    const [, names] = state
    const name = Object.hasOwn(names, here.state) ? names[here.state] : here.state
    if (name !== there.state) differences.push('state')
  }
  for (const [member, column] of same) {
    const value = record.others[member]
    if (value !== undefined && value !== textOf(member, row[column])) differences.push(member)
  }
  return differences
}

const textOf = (member: string, value: unknown): string => (member === 'sub_mchid' ? merchantOf(value) : String(value))

/** All rows have the columns of the first. */
function columnsOf(row: BillRow, by: Matching, books: Books): Found {
  const { number, amount, currency, only, state, subMerchant, same = {} } = by
  const firstOf = (columns: Columns): string | undefined => columns.find(column => Object.hasOwn(row, column))
  for (const column of [number, only?.[0], state?.[0]])
    if (column !== undefined && !Object.hasOwn(row, column)) throw missing(column)
  const amountColumn = amount.find(column => typeof row[column] === 'number')
  if (amountColumn === undefined) throw missing(amount.join(', '))
  const subMerchantColumn = subMerchant && firstOf(subMerchant)
  if (subMerchant && !subMerchantColumn && books.hasSubMerchants) throw missing(subMerchant.join(', '))
  return {
    amount: amountColumn,
    currency: currency && firstOf(currency),
    subMerchant: subMerchantColumn,
    same: Object.entries(same).flatMap(([member, columns]) => {
      const column = firstOf(columns)
      return column === undefined ? [] : [[member, column] as const]
    }),
  }
}

const missing = (column: string): BillError =>
  new BillError('BILL_COLUMN_MISSING', `has no ${column} to reconcile by: it is one of another type`)
