import { createHash } from 'node:crypto'
import type { SqlRow } from '../../gateway/store/sql.ts'
import { COUNT, isObject, ROW } from './columns.ts'
import { LedgerFileError } from './file-error.ts'
import { findFlaw } from './row-flaw.ts'
import { createRowSet } from './row-set.ts'
import { TABLES, type Table } from './tables.ts'

/** The format of the lines, which grows when a program that knows only this one cannot read them. */
export const VERSION = 1
const FORMAT = 'wechatpay-edge ledger'

/** The first line. */
export interface Header {
  readonly format: string
  readonly version: number
  /** Identifies the export, so that an import that was interrupted continues with the same file only. */
  readonly id: string
  /** Time of the export, ISO 8601. */
  readonly at: string
}

/** A line between the first and the last. */
export interface RowLine {
  readonly table: Table
  readonly row: SqlRow
}

/** The last line: the number of rows of each table. */
export type Counts = Readonly<Record<string, number>>

/**
 * Creates a function that ends each line with a checksum of itself and all lines before it. So a line that was changed,
 * removed, added or moved is found at its number. The checksum has no key: it finds damage, not forgery.
 */
export function createLineWriter(): (content: object) => string {
  const chain = createChain()
  return content => {
    const text = JSON.stringify(content).slice(0, -1)
    return `${text},"sum":"${chain(text)}"}\n`
  }
}

function createChain(): (text: string) => string {
  let sum = ''
  return text => {
    sum = createHash('sha256').update(sum).update(text).digest('hex').slice(0, 32)
    return sum
  }
}

export const headerOf = (id: string, at: Date): Header => ({
  format: FORMAT,
  version: VERSION,
  id,
  at: at.toISOString(),
})

/** The content of a line. */
export type Content =
  | { readonly kind: 'header'; readonly header: Header }
  | { readonly kind: 'row'; readonly row: RowLine }
  | { readonly kind: 'end'; readonly counts: Counts }

const LINE = /^(.*),"sum":"([0-9a-f]{32})"\}$/s

/**
 * Reads the lines of an export, and checks each before the next is read.
 *
 * @throws {LedgerFileError} `LEDGER_FILE_DAMAGED`, `LEDGER_FILE_NEWER`, `LEDGER_FILE_TRUNCATED`, with the number of the line
 */
export async function* readLines(lines: AsyncIterable<string>): AsyncGenerator<Content> {
  const chain = createChain()
  const found: Record<string, number> = {}
  const requireRow = createRowCheck()
  let line = 0
  let hasEnded = false
  for await (const text of lines) {
    line++
    if (hasEnded) throw new LedgerFileError('LEDGER_FILE_DAMAGED', 'follows the last line of the export', line)
    const [, content, sum] = LINE.exec(text) ?? []
    if (line === 1) refuseOthers(content)
    if (content === undefined || chain(content) !== sum)
      throw new LedgerFileError(
        'LEDGER_FILE_DAMAGED',
        'is not as it was exported: it, or a line before it, was changed, removed or cut off. Export the ledger again',
        line,
      )
    const value = parseObject(`${content}}`, line)
    if (line === 1) yield { kind: 'header', header: value }
    else if (value.counts !== undefined) {
      if (!isObject(value.counts) || !Object.values(value.counts).every(COUNT.accepts))
        throw violation('has no numbers of rows', line)
      requireCounts(value.counts, found, line)
      hasEnded = true
      yield { kind: 'end', counts: value.counts }
    } else {
      const table = requireTable(value.table, line)
      found[table.name] = (found[table.name] ?? 0) + 1
      yield { kind: 'row', row: { table, row: requireRow(table, value.row, line) } }
    }
  }
  if (!hasEnded)
    throw new LedgerFileError(
      'LEDGER_FILE_TRUNCATED',
      'the file ends here, before its last line. Export the ledger again',
      line + 1,
    )
}

/** Refuses a file that is no export, or of a newer format, whose checksums may be others. */
function refuseOthers(content: string | undefined): void {
  let header: Partial<Header> = {}
  try {
    header = JSON.parse(`${content ?? ''}}`)
  } catch {
    // No JSON.
  }
  if (header?.format !== FORMAT || typeof header.version !== 'number' || typeof header.id !== 'string')
    throw new LedgerFileError(
      'LEDGER_FILE_DAMAGED',
      'is not the first line of an export: wechatpay-edge ledger export writes one',
      1,
    )
  if (header.version > VERSION)
    throw new LedgerFileError(
      'LEDGER_FILE_NEWER',
      `has format ${header.version}, but this program reads up to ${VERSION}. Import it with the version that has written it, or a later one`,
      1,
    )
}

function requireTable(name: unknown, line: number): Table {
  if (typeof name !== 'string') throw violation('names no table', line)
  const table = TABLES.find(candidate => candidate.name === name)
  if (table) return table
  throw new LedgerFileError(
    'LEDGER_FILE_NEWER',
    `has a table ${JSON.stringify(name.slice(0, 64))} that this program does not know`,
    line,
  )
}

/** A checksum says that a line is as it was written, not by whom: anybody can compute it. */
const violation = (detail: string, line: number): LedgerFileError =>
  new LedgerFileError('LEDGER_FILE_DAMAGED', `${detail}. No export writes such a line; export the ledger again`, line)

// biome-ignore lint/suspicious/noExplicitAny: the reader checks each property before it uses it.
function parseObject(text: string, line: number): any {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Reported below.
  }
  if (isObject(value)) return value
  throw violation('is no JSON object', line)
}

/**
 * Creates a check that a row has exactly the columns of its table, with values that a gateway can work with, and that rows follow each
 * other by their numbers, so that no two share one, and name only rows that are in the file.
 */
function createRowCheck(): (table: Table, row: unknown, line: number) => SqlRow {
  const latest = new Map<Table, number>()
  const named = new Map(TABLES.flatMap(({ refersTo }) => (refersTo ? [[refersTo.table, createRowSet()]] : [])))
  return (table, value, line) => {
    const { name, columns, key, refersTo } = table
    const flaw = findFlaw(table, value)
    if (flaw) throw flaw.isOfNewer ? ofNewer(flaw.detail, line) : violation(flaw.detail, line)
    const row = value as SqlRow
    const number = key.length === 1 && columns[key[0]!] === ROW ? (row[key[0]!] as number) : undefined
    if (number !== undefined) {
      if (number <= (latest.get(table) ?? 0))
        throw violation(`${key[0]} of ${name} must be greater than that of the row before`, line)
      latest.set(table, number)
      named.get(name)?.add(number)
    }
    if (refersTo && !named.get(refersTo.table)!.has(row[refersTo.column] as number))
      throw violation(
        `${refersTo.column} of ${name} must be the number of a row of ${refersTo.table} in the file`,
        line,
      )
    return row
  }
}

const ofNewer = (detail: string, line: number): LedgerFileError =>
  new LedgerFileError(
    'LEDGER_FILE_NEWER',
    `${detail}. Import the file with the version that has written it, or a later one`,
    line,
  )

function requireCounts(counts: Counts, found: Counts, line: number): void {
  const wrong = TABLES.find(({ name }) => (counts[name] ?? 0) !== (found[name] ?? 0))
  if (wrong)
    throw new LedgerFileError(
      'LEDGER_FILE_DAMAGED',
      `says ${counts[wrong.name] ?? 0} rows of ${wrong.name}, but the file has ${found[wrong.name] ?? 0}`,
      line,
    )
}
