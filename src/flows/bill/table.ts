import { AMOUNTS, SUMS } from './columns.ts'
import { BillError } from './error.ts'
import type { BillRow, BillSummary } from './row.ts'
import { fenOf } from './yuan.ts'

const BACKTICK = 0x60
const COMMA = 0x2c
const LINE_FEED = 0x0a
const RETURN = 0x0d
/** V8 copies texts up to here, and lets longer ones point into what they were cut from. */
const LONGEST_COPIED = 12

/** The rows of a bill: what their titles say of them, and what they make so far. */
export interface Table {
  readonly titles: readonly string[]
  readonly isAmount: readonly boolean[]
  /** A row without values. */
  readonly blank: BillRow
  /** Fen, by column. */
  readonly totals: number[]
  readonly conditions: readonly Condition[]
  count: number
}

/** A sum over some of the rows. */
interface Condition {
  readonly title: string
  readonly where: readonly [column: string, value: string]
  /** Without one rows are counted. */
  readonly column: string | undefined
  total: number
}

export function createTable(titles: readonly string[]): Table {
  const isAmount = titles.map(title => AMOUNTS.has(title))
  const blank = Object.fromEntries(titles.map((title, at) => [title, isAmount[at] ? 0 : '']))
  const conditions = Object.entries(SUMS).flatMap(([title, { of, where }]): Condition[] => {
    const column = of?.find(name => titles.includes(name))
    const isThere = where && titles.includes(where[0]) && (!of || column !== undefined)
    return isThere ? [{ title, where, column, total: 0 }] : []
  })
  return {
    ...{ titles, isAmount, totals: titles.map(() => 0), conditions, count: 0 },
    // An object of JSON.parse has its fields within, and is copied six times as quickly as one filled field by field.
    blank: JSON.parse(JSON.stringify(blank)),
  }
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
  const { titles, isAmount, totals } = table
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
    if (column === titles.length) throw malformed('more values than titles', line)
    const end = byte === LINE_FEED && at > from && bytes[at - 1] === RETURN ? at - 1 : at
    if (isAmount[column]) {
      const fen = fenOf(bytes, from, end)
      if (Number.isNaN(fen)) throw malformed(`no amount as its ${titles[column]}`, line)
      totals[column]! += fen
      row[titles[column]!] = fen
    } else if (end > from) row[titles[column]!] = detached(text.slice(first, end - lead))
    column++
    if (byte === LINE_FEED) {
      if (column < titles.length) throw malformed('fewer values than titles', line)
      count(row, table)
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

function count(row: BillRow, table: Table): void {
  table.count++
  for (const condition of table.conditions) {
    const { where, column } = condition
    if (row[where[0]] === where[1]) condition.total += column === undefined ? 1 : (row[column] as number)
  }
}

/** A value that is kept must not keep the text that it was cut from, some hundred rows long. */
const detached = (value: string): string => (value.length > LONGEST_COPIED ? ` ${value}`.slice(1) : value)

const malformed = (what: string, line: number): BillError =>
  new BillError('BILL_MALFORMED', `has ${what} in line ${line}`)

/**
 * Lays a summary beside the rows. A title that nothing is known of, and a sum of a column that is not there, prove nothing.
 *
 * @throws {BillError} `BILL_SUMMARY_MISMATCH`
 */
export function compare(summary: BillSummary, table: Table): void {
  for (const [title, said] of Object.entries(summary)) {
    const made = madeOf(title, table)
    if (made !== undefined && made !== said)
      throw new BillError('BILL_SUMMARY_MISMATCH', `says ${title} ${said} in its summary, and its rows make ${made}`)
  }
}

function madeOf(title: string, { titles, totals, conditions, count }: Table): number | undefined {
  if (!Object.hasOwn(SUMS, title)) return undefined
  const { of, where } = SUMS[title]!
  if (where) return conditions.find(condition => condition.title === title)?.total
  return of ? totals[titles.findIndex(name => of.includes(name))] : count
}
