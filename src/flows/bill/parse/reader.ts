import { utf8 } from '../../../core/base/bytes.ts'
import { MAX_DECIMALS } from '../../../core/base/currencies.ts'
import { BillError } from '../error.ts'
import { readAmount } from './amount.ts'
import { SUMMARY_TITLES } from './columns.ts'
import type { BillRow, BillSummary } from './row.ts'
import { type ReadSummary, readSummary, requireAgreement } from './summary.ts'
import { type Block, createTable, readRow, type Table } from './table.ts'

const BACKTICK = 0x60
const LINE_FEED = 0x0a

/** Parser that is fed a bill block by block. */
export interface BillReader {
  /**
   * Parses a block.
   *
   * @param bytes whole lines; only the last block of a bill may end within one
   * @returns the rows of the block
   * @throws {BillError} `BILL_MALFORMED`, `BILL_CUT_SHORT`
   */
  read(bytes: Uint8Array): BillRow[]
  /**
   * Ends the bill and compares its summary with the rows.
   *
   * @throws {BillError} `BILL_CUT_SHORT`, `BILL_SUMMARY_MISMATCH`
   */
  end(): BillSummary
}

/**
 * Creates a parser for the text of a bill: a line of titles, a line for each row, then a line of titles and a line of
 * values for the summary. Empty lines are ignored.
 */
export function createBillReader(): BillReader {
  let table: Table | undefined
  let sums: string[] | undefined
  let summary: ReadSummary | undefined
  let line = 0

  /** @param isWhole whether the line ends with a line feed; the last line may lack it */
  const readLine = (text: string, isWhole: boolean): void => {
    if (text === '') return
    if (!table) table = createTable(titlesOf(text, isWhole))
    else if (!sums) sums = titlesOf(text, isWhole)
    else if (!summary) summary = summaryOf(sums, valuesOf(text), table, isWhole)
    else throw new BillError('BILL_MALFORMED', `continues after its summary, in line ${line}`)
  }

  return {
    read(bytes) {
      const rows: BillRow[] = []
      const block: Block = { bytes, text: decode(bytes), at: 0, lead: 0, line }
      while (block.at < bytes.length) {
        block.line = ++line
        if (table && !sums && bytes[block.at] === BACKTICK && !isSummary(block, table)) rows.push(readRow(table, block))
        else readLine(nextLine(block), bytes[block.at - 1] === LINE_FEED)
      }
      return rows
    },
    end() {
      if (!table || !summary) throw new BillError('BILL_CUT_SHORT', `ends after line ${line}, before its summary`)
      requireAgreement(summary.checks)
      return summary.summary
    },
  }
}

const UTF8 = { fatal: true, ignoreBOM: true }
const decoder = new TextDecoder('utf-8', UTF8)

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw isCutShort(bytes)
      ? new BillError('BILL_CUT_SHORT', 'ends within a character, before its summary', cause)
      : new BillError('BILL_MALFORMED', 'is not UTF-8', cause)
  }
}

/** Returns whether the bytes are the beginning of valid UTF-8. */
function isCutShort(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', UTF8).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

function nextLine(block: Block): string {
  const { bytes, at, line } = block
  const end = bytes.indexOf(LINE_FEED, at)
  block.at = end < 0 ? bytes.length : end + 1
  const text = decode(bytes.subarray(at, block.at))
  block.lead += block.at - at - text.length
  return (line === 1 ? text.replace(/^\ufeff/, '') : text).replace(/\r?\n?$/, '')
}

const COUNT_TITLES = Object.keys(SUMMARY_TITLES).filter(
  title => !SUMMARY_TITLES[title]!.column && !SUMMARY_TITLES[title]!.where,
)
/** Characters that may follow a title: a separator or the end of the line. */
const TITLE_ENDS = ['', ',', '\r', '\n']

/**
 * Distinguishes the title line of the summary from a row, in bills that put backticks before titles. The text in a row
 * may even equal a summary title, because the merchant chooses it; but amount columns contain amounts only in rows.
 */
function isSummary({ bytes, text, at, lead }: Block, { titles, amounts }: Table): boolean {
  if (!(bytes[at + 1]! >= 0xe0)) return false
  const start = at + 1 - lead
  if (
    !COUNT_TITLES.some(title => text.startsWith(title, start) && TITLE_ENDS.includes(text.charAt(start + title.length)))
  )
    return false
  const end = text.indexOf('\n', start)
  const values = text.slice(start, end < 0 ? undefined : end).split(',`')
  const isRow =
    values.length === titles.length &&
    amounts.some(column => column !== undefined) &&
    values.every((value, column) => !amounts[column] || isAmount(value))
  return !isRow
}

/** Returns whether a value is an amount in any currency. */
function isAmount(value: string): boolean {
  const bytes = utf8(value.replace(/\r$/, ''))
  return !Number.isNaN(readAmount(bytes, 0, bytes.length, MAX_DECIMALS))
}

function titlesOf(line: string, isWhole: boolean): string[] {
  const titles = line.split(',').map(title => title.replace(/^`/, ''))
  // An error page of a proxy (HTML) or an error of a service (JSON, XML) instead of a bill.
  const isForeign = /^[<{]/.test(line)
  if (!isWhole && !isForeign) throw new BillError('BILL_CUT_SHORT', 'ends within its titles')
  if (isForeign || titles.some(title => title === '' || title === '__proto__'))
    throw new BillError('BILL_MALFORMED', 'does not begin with a line of titles; look at the downloaded file')
  if (new Set(titles).size < titles.length) throw new BillError('BILL_MALFORMED', 'has the same title twice')
  return titles
}

const valuesOf = (line: string): string[] => line.replace(/^`/, '').split(',`')

function summaryOf(titles: readonly string[], values: readonly string[], table: Table, isWhole: boolean): ReadSummary {
  if (values.length < titles.length && !isWhole) throw new BillError('BILL_CUT_SHORT', 'ends within its summary')
  if (values.length !== titles.length)
    throw new BillError('BILL_MALFORMED', 'has a summary with more or fewer values than titles')
  return readSummary(titles, values, table)
}
