import { constants, createReadStream } from 'node:fs'
import { access, type FileHandle, lstat, open, stat } from 'node:fs/promises'
import { DRAFT, replaceAtomically } from '../../adapters/replace-atomically.ts'
import { exportLedger } from '../../storage/transfer/export.ts'
import { type ImportResult, importLedger } from '../../storage/transfer/import.ts'
import type { LedgerDatabase } from '../../storage/transfer/ledger-database.ts'
import { type Counts, readLines } from '../../storage/transfer/lines.ts'
import { splitLines } from '../../storage/transfer/split-lines.ts'
import { CommandError } from '../command.ts'
import { fileError } from '../file.ts'
import type { Terminal } from '../terminal.ts'

/** Milliseconds between two lines of progress. */
const REPORT_EVERY = 5_000

/**
 * Exports a ledger to a file with mode 600, which appears under its name once it is complete and on the disk.
 *
 * @throws {CommandError} the file cannot be written, or the command was stopped
 */
export async function exportToFile(database: LedgerDatabase, file: string, stopped: AbortSignal): Promise<Counts> {
  let counts: Counts = {}
  async function write(handle: FileHandle): Promise<void> {
    counts = await exportLedger(database, text => {
      if (stopped.aborted) throw new CommandError(`Stopped. ${file} was not written; run the export again.`)
      return handle.write(text)
    })
    await handle.sync()
  }
  await replaceAtomically(file, async draft => {
    const handle = await open(draft, DRAFT.flag, DRAFT.mode)
    await write(handle).finally(() => handle.close())
  }).catch(error => {
    throw 'errno' in Object(error) ? fileError('write', file, error) : error
  })
  return counts
}

/** The first bytes of a database of SQLite. @see https://www.sqlite.org/fileformat.html */
const SQLITE_HEADER = 'SQLite format 3\0'

/**
 * Requires that an export may be written to a file.
 *
 * @param force whether it may replace one
 * @throws {CommandError} it would replace a file, or a database: it may be the very ledger that is exported
 */
export async function requireReplaceable(file: string, force: boolean): Promise<void> {
  if (!force) return requireAbsent(file)
  const found = await stat(file).catch(() => undefined)
  // Whatever is no file is refused when it is written to.
  if (!found?.isFile()) return
  const handle = await open(file, 'r').catch(error => {
    throw fileError('read', file, error)
  })
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SQLITE_HEADER.length), 0, SQLITE_HEADER.length, 0)
    if (buffer.toString('latin1', 0, bytesRead) === SQLITE_HEADER)
      throw new CommandError(
        `${file} is a database, perhaps a ledger. Name another file: an export does not replace it.`,
      )
  } finally {
    await handle.close()
  }
}

/** @throws {CommandError} an export would replace a file */
async function requireAbsent(file: string): Promise<void> {
  const isAbsent = await lstat(file).then(
    () => false,
    () => true,
  )
  if (!isAbsent) throw new CommandError(`${file} exists. Name another file, or replace it with --force.`)
}

/** @throws {CommandError} the file does not exist, or cannot be read */
export async function requireReadable(file: string): Promise<void> {
  try {
    if ((await stat(file)).isDirectory())
      throw new CommandError(`${file} is a folder. Name a file that ledger export has written.`)
    await access(file, constants.R_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CommandError(`There is no file ${file}. Name one that ledger export has written.`)
    throw 'errno' in Object(error) ? fileError('read', file, error as NodeJS.ErrnoException) : error
  }
}

/**
 * Imports a file into an empty ledger, or continues the import of it.
 *
 * @throws {CommandError} the file cannot be read, or the command was stopped
 * @throws {LedgerFileError}
 */
export async function importFromFile(
  database: LedgerDatabase,
  file: string,
  { warn, stopped }: Terminal,
): Promise<ImportResult> {
  let reportedAt = Date.now()
  function onProgress(lines: number): void {
    if (stopped.aborted)
      throw new CommandError(`Stopped after line ${lines} of ${file}. Run the same command again: it continues there.`)
    if (Date.now() - reportedAt < REPORT_EVERY) return
    reportedAt = Date.now()
    warn(`${lines} lines of ${file} are imported.`)
  }
  return importLedger(database, { open: () => linesOf(file), onProgress })
}

/**
 * Reads a file and checks that it is complete and unchanged.
 *
 * @returns the number of rows of each table
 * @throws {CommandError} the file cannot be read, or the command was stopped
 * @throws {LedgerFileError}
 */
export async function verifyFile(file: string, stopped: AbortSignal): Promise<Counts> {
  await requireReadable(file)
  let counts: Counts = {}
  for await (const content of readLines(linesOf(file))) {
    requireRunning(file, stopped)
    if (content.kind === 'end') counts = content.counts
  }
  return counts
}

/** @throws {CommandError} the command was stopped while it read the file */
export function requireRunning(file: string, stopped: AbortSignal): void {
  if (stopped.aborted) throw new CommandError(`Stopped before ${file} was read to its end. Nothing was imported.`)
}

/** @throws {CommandError} the file cannot be read */
export async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    yield* splitLines(createReadStream(file, 'utf8'))
  } catch (error) {
    throw 'errno' in Object(error) ? fileError('read', file, error as NodeJS.ErrnoException) : error
  }
}
