import { currencyDecimals } from '../../core/currencies.ts'
import { readAmount } from './amount.ts'
import { AMOUNT_COLUMNS, SUMMARY_TITLES } from './columns.ts'
import { BillError } from './error.ts'
import type { BillRow } from './row.ts'

const BACKTICK = 0x60
const COMMA = 0x2c
const LINE_FEED = 0x0a
const RETURN = 0x0d
/** V8 copies texts up to here, and lets longer ones point into what they were cut from. */
const MAX_COPIED_LENGTH = 12

/** The rows of a bill: what their titles say of them, and what they make so far. */
export interface Table {
  readonly titles: readonly string[]
  /** By column; undefined where it is text. */
  readonly amounts: readonly (AmountColumn | undefined)[]
  /** A row without values. */
  readonly blank: BillRow
  readonly conditions: readonly Condition[]
  count: number
}

/** A column of amounts, and what they make so far. */
interface AmountColumn {
  /** The column of their currency; without one it is CNY. */
  readonly currency: string | undefined
  readonly totals: Map<string, CurrencyTotal>
  /** The total of the currency that the last row had: most bills have one. */
  current: CurrencyTotal
}

/** The sum of a column's amounts in one currency. */
export interface CurrencyTotal {
  readonly currency: string
  readonly decimals: number
  /** In the smallest unit of the currency. */
  amount: number
}

/** A sum over some of the rows. */
interface Condition {
  readonly title: string
  readonly where: readonly [column: string, value: string]
  /** Without one rows are counted. */
  readonly column: string | undefined
  total: number
}

/** @throws {BillError} `BILL_MALFORMED` */
export function createTable(titles: readonly string[]): Table {
  const amounts = titles.map(title => amountColumn(title, titles))
  const blank = Object.fromEntries(titles.map((title, at) => [title, amounts[at] ? 0 : '']))
  const conditions = Object.entries(SUMMARY_TITLES).flatMap(([title, { column: names, where }]): Condition[] => {
    const column = names?.find(name => titles.includes(name))
    const isThere = where && titles.includes(where[0]) && (!names || column !== undefined)
    return isThere ? [{ title, where, column, total: 0 }] : []
  })
  return {
    titles,
    amounts,
    conditions,
    count: 0,
    // An object of JSON.parse has its fields within, and is copied six times as quickly as one filled field by field.
    blank: JSON.parse(JSON.stringify(blank)),
  }
}

function amountColumn(title: string, titles: readonly string[]): AmountColumn | undefined {
  const columns = AMOUNT_COLUMNS.get(title)
  if (!columns) return undefined
  const currency = columns.find(column => titles.includes(column))
  // An overseas statement has a currency for each of its amounts: what it names none of is no amount that one could read.
  if (currency === undefined && columns.length > 0 && titles.includes('标价币种')) return undefined
  if (currency !== undefined && titles.indexOf(currency) > titles.indexOf(title))
    throw new BillError('BILL_MALFORMED', `has the ${currency} of its ${title} behind it`)
  const current = newTotal(currency === undefined ? 'CNY' : '')
  return { currency, totals: new Map([[current.currency, current]]), current }
}

const newTotal = (currency: string): CurrencyTotal => ({ currency, decimals: currencyDecimals(currency), amount: 0 })

/** Returns the total that an amount in this currency goes to. */
function totalIn(column: AmountColumn, currency: string): CurrencyTotal {
  if (column.current.currency === currency) return column.current
  const total = column.totals.get(currency) ?? newTotal(currency)
  column.totals.set(currency, total)
  column.current = total
  return total
}

/**
 * Returns what a column makes, by currencies; those whose amounts make nothing are left out.
 *
 * @param names the titles of the column
 * @returns undefined when the bill has none of them
 */
export function sumsOf({ titles, amounts }: Table, names: readonly string[]): readonly CurrencyTotal[] | undefined {
  const column = amounts[titles.findIndex(title => names.includes(title))]
  return column && [...column.totals.values()].filter(({ amount }) => amount !== 0)
}

/** Whole lines, and how far they have been read. */
export interface Block {
  readonly bytes: Uint8Array
  /** The same as text. */
  readonly text: string
  /** The next byte. */
  at: number
  /** How many more bytes than characters have been read: what stands at a byte stands so many characters before. */
  lead: number
  line: number
}

/**
 * Reads a row. Each value stands behind a backtick, and ends at a comma with a backtick behind it, or with its line: a
 * comma alone ends nothing.
 *
 * It looks at bytes and cuts from the text: to look at the text takes twice the time.
 *
 * @throws {BillError} `BILL_MALFORMED`, `BILL_CUT_SHORT`
 */
export function readRow(table: Table, block: Block): BillRow {
  const { titles, amounts } = table
  const { bytes, text, line } = block
  const { length } = bytes
  /** All are copies of one: they have one shape. */
  const row: Record<string, string | number> = { ...table.blank }
  let lead = block.lead
  /** Where the value begins: its byte, its character. */
  let from = block.at + 1
  let first = from - lead
  let column = 0
  for (let at = from; at < length; at++) {
    const byte = bytes[at]!
    if (byte >= 0x80) {
      // Of a character in n bytes all but the first follow on; one in four bytes is two in the text.
      if (byte < 0xc0) lead++
      else if (byte >= 0xf0) lead--
      continue
    }
    if (byte !== LINE_FEED && (byte !== COMMA || bytes[at + 1] !== BACKTICK)) continue
    if (column === titles.length) throw malformedError('more values than titles', line)
    const end = byte === LINE_FEED && at > from && bytes[at - 1] === RETURN ? at - 1 : at
    const amount = amounts[column]
    if (amount) {
      const total = amount.currency === undefined ? amount.current : totalIn(amount, row[amount.currency] as string)
      const value = readAmount(bytes, from, end, total.decimals)
      if (Number.isNaN(value)) throw malformedError(`no amount as its ${titles[column]}`, line)
      total.amount += value
      row[titles[column]!] = value
    } else if (end > from) row[titles[column]!] = detachText(text.slice(first, end - lead))
    column++
    if (byte === LINE_FEED) {
      if (column < titles.length) throw malformedError('fewer values than titles', line)
      countRow(row, table)
      block.at = at + 1
      block.lead = lead
      return row
    }
    at++
    from = at + 1
    first = from - lead
  }
  throw new BillError('BILL_CUT_SHORT', `ends within line ${line}, before its summary`)
}

function countRow(row: BillRow, table: Table): void {
  table.count++
  for (const condition of table.conditions) {
    const { where, column } = condition
    if (row[where[0]] === where[1]) condition.total += column === undefined ? 1 : (row[column] as number)
  }
}

/** A value that is kept must not keep the text that it was cut from, some hundred rows long. */
const detachText = (value: string): string => (value.length > MAX_COPIED_LENGTH ? ` ${value}`.slice(1) : value)

const malformedError = (what: string, line: number): BillError =>
  new BillError('BILL_MALFORMED', `has ${what} in line ${line}`)
