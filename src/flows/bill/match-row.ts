import { BillError } from './error.ts'
import type { Columns, Matching } from './matching.ts'
import type { Entry, Finding } from './reconcile.ts'
import { DEFAULT_CURRENCY, type IndexedRecord, type RecordIndex, type RecordKey } from './records.ts'
import type { BillRow } from './row.ts'

/** Where the first row has what a matching looks for. */
interface MatchedColumns {
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
export function createRowMatcher<Row extends BillRow>(
  by: Matching,
  index: RecordIndex,
): (row: Row) => Finding<Row> | undefined {
  const { only, state } = by
  /** Of numbers that our books have not: a number that comes twice is told also of these. */
  const unknownNumbers = new Map<string, Set<string>>()
  let columns: MatchedColumns | undefined

  /** @returns whether it was there before */
  const isRepeated = ({ sub_mchid, number }: RecordKey): boolean => {
    const numbers = unknownNumbers.get(sub_mchid) ?? new Set<string>()
    unknownNumbers.set(sub_mchid, numbers)
    const { size } = numbers
    return numbers.add(number).size === size
  }

  return row => {
    columns ??= findColumns(row, by, index)
    if (only && row[only[0]] !== only[1]) return undefined
    const key: RecordKey = {
      sub_mchid: columns.subMerchant === undefined ? '' : subMerchantOf(row[columns.subMerchant]),
      number: String(row[by.number]),
    }
    const foundNumber = numberOf(key)
    const billEntry: Entry = {
      amount: row[columns.amount] as number,
      currency: columns.currency && String(row[columns.currency]),
      state: state && String(row[state[0]]),
    }
    const match = index.find(key)
    if (!match) {
      refuseAmbiguous(key, by, index)
      return {
        kind: isRepeated(key) ? 'duplicate-in-bill' : 'missing-in-records',
        ...foundNumber,
        bill: billEntry,
        row,
      }
    }
    const { record, isFirst } = match
    if (!isFirst) return { kind: 'duplicate-in-bill', ...foundNumber, bill: billEntry, row }
    const recordEntry = entryOf(record, by)
    const differences = differencesOf(record, recordEntry, billEntry, row, by, columns)
    return differences.length === 0
      ? { kind: 'matched', ...foundNumber, record: recordEntry, bill: billEntry, row }
      : { kind: 'differs', ...foundNumber, record: recordEntry, bill: billEntry, differences, row }
  }
}

/** Bills write `0` where there is no sub-merchant. */
export const subMerchantOf = (value: unknown): string =>
  value === undefined || value === null || value === '0' ? '' : String(value)

/** A key as findings have it. */
export const numberOf = ({ sub_mchid, number }: RecordKey): { number: string; sub_mchid?: string } =>
  sub_mchid === '' ? { number } : { number, sub_mchid }

export const entryOf = ({ amount, state, otherMembers }: IndexedRecord, { currency }: Matching): Entry => ({
  amount,
  currency: currency && (otherMembers.currency ?? DEFAULT_CURRENCY),
  state,
})

/**
 * Refuses to guess whose number it is. Where no record names a sub-merchant and the bill does, the same number may be that of
 * any other.
 */
function refuseAmbiguous({ sub_mchid, number }: RecordKey, { field }: Matching, index: RecordIndex): void {
  if (sub_mchid === '' || index.hasSubMerchants || !index.has({ sub_mchid: '', number })) return
  throw new BillError(
    'BILL_KEY_AMBIGUOUS',
    `says that ${field} ${number} is one of the sub-merchant ${sub_mchid}, and our index name no sub-merchant: another may use the same number. Give the index sub_mchid, or give it to reconcile() when all are of one`,
  )
}

function differencesOf(
  record: IndexedRecord,
  recordEntry: Entry,
  billEntry: Entry,
  row: BillRow,
  { state }: Matching,
  { same }: MatchedColumns,
): string[] {
  const differences: string[] = []
  if (recordEntry.amount !== billEntry.amount) differences.push('amount')
  // A bill that says nothing of it contradicts nothing.
  if (billEntry.currency && recordEntry.currency !== billEntry.currency) differences.push('currency')
  if (state && recordEntry.state !== undefined) {
    const [, names] = state
    const name = Object.hasOwn(names, recordEntry.state) ? names[recordEntry.state] : recordEntry.state
    if (name !== billEntry.state) differences.push('state')
  }
  for (const [member, column] of same) {
    const value = record.otherMembers[member]
    if (value !== undefined && value !== textOf(member, row[column])) differences.push(member)
  }
  return differences
}

const textOf = (member: string, value: unknown): string =>
  member === 'sub_mchid' ? subMerchantOf(value) : String(value)

/** All rows have the columns of the first. */
function findColumns(row: BillRow, by: Matching, index: RecordIndex): MatchedColumns {
  const { number, amount, currency, only, state, subMerchant, compared = {} } = by
  const firstOf = (columns: Columns): string | undefined => columns.find(column => Object.hasOwn(row, column))
  for (const column of [number, only?.[0], state?.[0]])
    if (column !== undefined && !Object.hasOwn(row, column)) throw missingColumn(column)
  const amountColumn = amount.find(column => typeof row[column] === 'number')
  if (amountColumn === undefined) throw missingColumn(amount.join(', '))
  const subMerchantColumn = subMerchant && firstOf(subMerchant)
  if (subMerchant && !subMerchantColumn && index.hasSubMerchants) throw missingColumn(subMerchant.join(', '))
  return {
    amount: amountColumn,
    currency: currency && firstOf(currency),
    subMerchant: subMerchantColumn,
    same: Object.entries(compared).flatMap(([member, columns]) => {
      const column = firstOf(columns)
      return column === undefined ? [] : [[member, column] as const]
    }),
  }
}

const missingColumn = (column: string): BillError =>
  new BillError('BILL_COLUMN_MISSING', `has no ${column} to reconcile by: it is one of another type`)
