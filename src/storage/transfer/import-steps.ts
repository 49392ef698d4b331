import type { NumberIndex } from '../../gateway/store/event/numbers.ts'
import { run, type SqlRow, type Work } from '../../gateway/store/sql.ts'
import type { TableName } from '../../gateway/store/table-keys.ts'
import { LedgerFileError } from './file-error.ts'
import { PROGRESS } from './progress.ts'
import { SQLITE_TRANSFER } from './sqlite-dialect.ts'
import { insertRows, PAGE, TABLES, type Table, type TransferDialect } from './tables.ts'

/** The line of an import that has ended, in a ledger that remembers it. */
const ENDED: number = Number.MAX_SAFE_INTEGER

/** Rows of one table that are imported together. */
export interface ImportedRows {
  readonly table: Table
  readonly rows: readonly SqlRow[]
  /** The line of the last of them in the file. */
  readonly line: number
}

/**
 * Begins the import of an export, or continues it.
 *
 * @param id of the export
 * @param replaced tables whose rows are deleted: the state of a gateway that has done nothing yet
 * @returns the number of lines that are imported already
 * @throws {LedgerFileError} `LEDGER_NOT_EMPTY`
 */
export function* beginImport(id: string, replaced: readonly TableName[] = []): Work<number> {
  const done = yield* requireImportable(id, replaced)
  if (done > 0) return done
  for (const name of replaced) yield* run(`delete from ${name}`)
  yield* run(`delete from ${PROGRESS}`)
  yield* run(`insert into ${PROGRESS} (id, line) values (?, 1)`, id)
  return 1
}

/**
 * Requires that an export can be imported: the ledger is empty, or has a part of it.
 *
 * @param ignored tables that may have rows
 * @returns the number of lines that are imported already, 0 if none
 * @throws {LedgerFileError} `LEDGER_NOT_EMPTY`
 */
export function* requireImportable(id: string, ignored: readonly TableName[] = []): Work<number> {
  yield* run(`create table if not exists ${PROGRESS} (id text not null, line bigint not null)`)
  const [progress] = yield* run<{ id: string; line: number }>(`select id, line from ${PROGRESS}`)
  if (progress?.id === id) return progress.line
  if (progress)
    throw new LedgerFileError(
      'LEDGER_NOT_EMPTY',
      progress.line === ENDED
        ? 'another file was imported into this ledger. Begin with an empty ledger'
        : 'an import of another file into this ledger has not ended. Continue it with that file, or begin with an empty ledger',
    )
  for (const { name } of TABLES) {
    if (ignored.includes(name)) continue
    const [row] = yield* run(`select 1 as found from ${name} limit 1`)
    if (row)
      throw new LedgerFileError(
        'LEDGER_NOT_EMPTY',
        `the ledger has rows of ${name} already. Import into an empty one: its numbers would not be those of the file`,
      )
  }
  return 0
}

/** Imports rows, and nothing if they were imported before. */
export function* importRows(
  { table, rows, line }: ImportedRows,
  { dialect, numbers }: { readonly dialect: TransferDialect; readonly numbers: NumberIndex },
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

/** Ends an import. From then on a gateway accepts the ledger. */
export function* endImport({ dialect }: { readonly dialect: TransferDialect }): Work<void> {
  yield* dialect.continueNumbers()
  yield* run(`drop table if exists ${PROGRESS}`)
}

/** Ends an import as {@link endImport} does, and remembers it: the same file is then imported already, and not refused. */
export function* endRememberedImport(): Work<void> {
  yield* run(`update ${PROGRESS} set line = ?`, ENDED)
}

/** Deletes what an import that has not ended has written, where its end is remembered. */
export function* abandonImport(): Work<void> {
  for (const { name } of TABLES) yield* run(`delete from ${name}`)
  yield* run('delete from event_number')
  yield* run(`delete from ${PROGRESS}`)
}

/** How far an import into a ledger is, where its end is remembered. */
export interface ImportProgress {
  /** The export. */
  readonly id: string
  /** The number of lines that are imported. */
  readonly line: number
  readonly hasEnded: boolean
}

/** Reads the progress of the import into a ledger in SQLite, undefined if none has begun. */
export function* readProgress(): Work<ImportProgress | undefined> {
  const [table] = yield* run(SQLITE_TRANSFER.findTable, PROGRESS)
  if (!table) return undefined
  const [row] = yield* run<{ id: string; line: number }>(`select id, line from ${PROGRESS}`)
  return row && { ...row, hasEnded: row.line === ENDED }
}

export const contradiction = ({ table, line }: ImportedRows): LedgerFileError =>
  new LedgerFileError(
    'LEDGER_FILE_DAMAGED',
    `this row of ${table.name}, or one of the ${PAGE} before it, contradicts another row: both have what only one may have. No export writes such rows; export the ledger again, and begin with an empty ledger`,
    line,
  )
