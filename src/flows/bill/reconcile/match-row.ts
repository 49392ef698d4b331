import { BillError } from '../error.ts'
import type { BillRow } from '../parse/row.ts'
import type { Columns, Matching } from './matching.ts'
import { DEFAULT_CURRENCY, type Entry, type IndexedRecord, type RecordIndex, type RecordKey } from './records.ts'

/** The number that a finding is about. */
export interface FoundNumber {
  readonly number: string
  /** Sub-merchant id (特约商户号), if the number is unique only within the sub-merchant. */
  readonly sub_mchid?: string
}

/** The result of comparing one number: `record` is our side, `bill` is WeChat Pay's. */
export type Finding<Row = BillRow> = FoundNumber &
  (
    | { readonly kind: 'matched'; readonly record: Entry; readonly bill: Entry; readonly row: Row }
    /** `differences` names the members that differ: `amount`, `currency`, `state`, `transaction_id`, … */
    | {
        readonly kind: 'differs'
        readonly record: Entry
        readonly bill: Entry
        readonly differences: readonly string[]
        readonly row: Row
      }
    /** The bill has the number, the records do not. */
    | { readonly kind: 'missing-in-records'; readonly bill: Entry; readonly row: Row }
    /** The records have the number, the bill does not. */
    | { readonly kind: 'missing-in-bill'; readonly record: Entry }
    /** A further record with the same number; the first one was compared with the bill. */
    | { readonly kind: 'duplicate-in-records'; readonly record: Entry }
    /** A further row with the same number; the first one was compared with the records. */
    | { readonly kind: 'duplicate-in-bill'; readonly bill: Entry; readonly row: Row }
  )

/** Columns of a bill that a matching uses. */
interface MatchedColumns {
  readonly amount: string
  readonly currency: string | undefined
  readonly subMerchant: string | undefined
  readonly compared: readonly (readonly [member: string, column: string])[]
}

/**
 * Creates a function that compares the rows of a bill with the records, one row at a time.
 *
 * @returns the function, which returns undefined for rows that the matching excludes
 * @throws {BillError} when it is called: `BILL_COLUMN_MISSING`, `BILL_KEY_AMBIGUOUS`
 */
export function createRowMatcher<Row extends BillRow>(
  by: Matching,
  index: RecordIndex,
): (row: Row) => Finding<Row> | undefined {
  const { only, state } = by
  /** Numbers that the records lack, so that duplicates of these are reported too. */
  const unknownNumbers = new Map<string, Set<string>>()
  let columns: MatchedColumns | undefined

  /** Remembers a key and returns whether it was remembered before. */
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

/** Returns the sub-merchant id, or an empty string for `0`, which bills print if there is none. */
export const subMerchantOf = (value: unknown): string =>
  value === undefined || value === null || value === '0' ? '' : String(value)

/** Converts a key to the members of a finding. */
export const numberOf = ({ sub_mchid, number }: RecordKey): { number: string; sub_mchid?: string } =>
  sub_mchid === '' ? { number } : { number, sub_mchid }

export const entryOf = ({ amount, state, otherMembers }: IndexedRecord, { currency }: Matching): Entry => ({
  amount,
  currency: currency && (otherMembers.currency ?? DEFAULT_CURRENCY),
  state,
})

/**
 * Refuses to guess whose number it is: if the bill names a sub-merchant and no record does, a record with the same
 * number may belong to any sub-merchant.
 */
function refuseAmbiguous({ sub_mchid, number }: RecordKey, { field }: Matching, index: RecordIndex): void {
  if (sub_mchid === '' || index.hasSubMerchants || !index.has({ sub_mchid: '', number })) return
  throw new BillError(
    'BILL_KEY_AMBIGUOUS',
    `has ${field} ${number} under the sub-merchant ${sub_mchid}, but the records name no sub-merchant, and another may use the same number. Add sub_mchid to the records, or pass it to reconcile() if all belong to one`,
  )
}

function differencesOf(
  record: IndexedRecord,
  recordEntry: Entry,
  billEntry: Entry,
  row: BillRow,
  { state }: Matching,
  { compared }: MatchedColumns,
): string[] {
  const differences: string[] = []
  if (recordEntry.amount !== billEntry.amount) differences.push('amount')
  // A bill without a currency does not contradict the record.
  if (billEntry.currency && recordEntry.currency !== billEntry.currency) differences.push('currency')
  if (state && recordEntry.state !== undefined) {
    const [, names] = state
    const name = Object.hasOwn(names, recordEntry.state) ? names[recordEntry.state] : recordEntry.state
    if (name !== billEntry.state) differences.push('state')
  }
  for (const [member, column] of compared) {
    const value = record.otherMembers[member]
    if (value !== undefined && value !== textOf(member, row[column])) differences.push(member)
  }
  return differences
}

const textOf = (member: string, value: unknown): string =>
  member === 'sub_mchid' ? subMerchantOf(value) : String(value)

/** Finds the columns in the first row; all rows have the same. */
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
    compared: Object.entries(compared).flatMap(([member, columns]) => {
      const column = firstOf(columns)
      return column === undefined ? [] : [[member, column] as const]
    }),
  }
}

const missingColumn = (column: string): BillError =>
  new BillError('BILL_COLUMN_MISSING', `has no column ${column} to reconcile by; download a bill of another type`)
