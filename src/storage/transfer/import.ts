import { run, type SqlRow, type Work } from '../../gateway/store/sql.ts'
import { shortenWaits } from './columns.ts'
import { LedgerFileError } from './file-error.ts'
import type { LedgerDatabase } from './ledger-database.ts'
import { type Counts, type Header, readLines } from './lines.ts'
import { PROGRESS } from './progress.ts'
import { insertRows, PAGE, TABLES, type Table } from './tables.ts'

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
  const done = await database.carryOut(() => begin(header))
  let line = 0
  let rows: SqlRow[] = []
  let table: Table | undefined

  async function write(): Promise<void> {
    if (!table || rows.length === 0) return
    const [written, at] = [{ table, rows }, line]
    await database
      // Only the file can have a row twice, and a repetition would meet it again: another import waits for the row of the progress.
      .carryOut(() => insert(database, written, at), { maxConflicts: 0 })
      .catch(error => {
        throw database.isContradiction(error) ? contradiction(written, at) : error
      })
    rows = []
    onProgress(at)
  }

  for await (const content of readLines(open())) {
    const row = content.kind === 'row' ? content.row : undefined
    if (rows.length === PAGE || row?.table !== table) await write()
    line++
    if (!row || line <= done) continue
    table = row.table
    rows.push(shortenWaits(table.columns, row.row, now()))
  }
  await database.carryOut(() => end(database))
  return { counts, continuedAfter: done }
}

const contradiction = ({ table }: { table: Table }, line: number): LedgerFileError =>
  new LedgerFileError(
    'LEDGER_FILE_DAMAGED',
    `this row of ${table.name}, or one of the ${PAGE} before it, contradicts another row: both have what only one may have. No export writes such rows; export the ledger again, and begin with an empty ledger`,
    line,
  )

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

/** @returns the number of lines that are imported already */
function* begin({ id }: Header): Work<number> {
  yield* run(`create table if not exists ${PROGRESS} (id text not null, line bigint not null)`)
  const [progress] = yield* run<{ id: string; line: number }>(`select id, line from ${PROGRESS}`)
  if (progress?.id === id) return progress.line
  if (progress)
    throw new LedgerFileError(
      'LEDGER_NOT_EMPTY',
      'an import of another file into this ledger has not ended. Continue it with that file, or begin with an empty ledger',
    )
  for (const { name } of TABLES) {
    const [row] = yield* run(`select 1 as found from ${name} limit 1`)
    if (row)
      throw new LedgerFileError(
        'LEDGER_NOT_EMPTY',
        `the ledger has rows of ${name} already. Import into an empty one: its numbers would not be those of the file`,
      )
  }
  yield* run(`insert into ${PROGRESS} (id, line) values (?, 1)`, id)
  return 1
}

function* insert(
  { dialect, numbers }: LedgerDatabase,
  { table, rows }: { table: Table; rows: readonly SqlRow[] },
  line: number,
): Work<void> {
  // The transaction may be repeated after its result was lost. Another import of the same file may run if the one before it has lost
  // its connection, and with that its lock.
  const [progress] = yield* run<{ line: number }>(`select line from ${PROGRESS}${dialect.forUpdate}`)
  if (!progress || progress.line >= line) return
  yield* insertRows(table, rows, dialect)
  if (table.name === 'event')
    for (const row of rows) yield* numbers.index(row as { seq: number; mchid: string; resource: string })
  yield* run(`update ${PROGRESS} set line = ?`, line)
}

function* end({ dialect }: LedgerDatabase): Work<void> {
  yield* dialect.continueNumbers()
  yield* run(`drop table if exists ${PROGRESS}`)
}
