import type { SqlRow } from '../../gateway/store/sql.ts'
import { shortenWaits } from './columns.ts'
import { beginImport, contradiction, endImport, importRows } from './import-steps.ts'
import type { LedgerDatabase } from './ledger-database.ts'
import { type Counts, type Header, readLines } from './lines.ts'
import { PAGE, type Table } from './tables.ts'

export interface ImportOptions {
  /** Opens the lines of the file from the beginning, without their ends. */
  readonly open: () => AsyncIterable<string>
  /** Called with the number of lines that are imported, which stay so if it throws. */
  readonly onProgress?: (lines: number) => void
  /** Default: `Date.now`. */
  readonly now?: () => number
}

/** The outcome of an import. */
export interface ImportResult {
  readonly counts: Counts
  /** Lines that an earlier import had taken over, which was interrupted. */
  readonly continuedAfter: number
}

/**
 * Imports an export into an empty ledger. Reads the whole file first, so that nothing of a damaged one is imported. An import that was
 * interrupted continues where it was when it is called again with the same file: rows and progress are written in the same transaction.
 *
 * @throws {LedgerFileError}
 */
export async function importLedger(
  database: LedgerDatabase,
  { open, onProgress = () => {}, now = Date.now }: ImportOptions,
): Promise<ImportResult> {
  const { header, counts } = await check(open)
  const done = await database.carryOut(() => beginImport(header.id))
  let line = 0
  let rows: SqlRow[] = []
  let table: Table | undefined

  async function write(): Promise<void> {
    if (!table || rows.length === 0) return
    const page = { table, rows, line }
    await database
      // Only the file can have a row twice, and a repetition would meet it again: another import waits for the row of the progress.
      .carryOut(() => importRows(page, database), { maxConflicts: 0 })
      .catch(error => {
        throw database.isContradiction(error) ? contradiction(page) : error
      })
    rows = []
    onProgress(page.line)
  }

  for await (const content of readLines(open())) {
    const row = content.kind === 'row' ? content.row : undefined
    if (rows.length === PAGE || row?.table !== table) await write()
    line++
    if (!row || line <= done) continue
    table = row.table
    rows.push(shortenWaits(table.columns, row.row, now()))
  }
  await database.carryOut(() => endImport(database))
  return { counts, continuedAfter: done }
}

/** Reads the whole file, and throws if anything in it is wrong. */
async function check(open: () => AsyncIterable<string>): Promise<{ header: Header; counts: Counts }> {
  let header: Header | undefined
  let counts: Counts | undefined
  for await (const content of readLines(open())) {
    if (content.kind === 'header') header = content.header
    if (content.kind === 'end') counts = content.counts
  }
  return { header: header!, counts: counts! }
}
