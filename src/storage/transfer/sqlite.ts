import { SQLITE_NUMBERS } from '../../gateway/store/event/numbers.ts'
import { openStore } from '../../gateway/store/ledger.ts'
import { LedgerError } from '../../gateway/store/ledger-error.ts'
import { carryOut } from '../../gateway/store/sql.ts'
import { type Database, openDatabase } from '../sqlite.ts'
import { openNewerDatabase } from '../sqlite-newer.ts'
import { type LedgerDatabase, type Purpose, requireUse } from './ledger-database.ts'
import { isUniqueViolation, SQLITE_TRANSFER } from './sqlite-dialect.ts'

/**
 * Opens a ledger in a file, which no other process has open, and migrates it. One that a newer version has written is only read.
 *
 * @param warn called for each file whose mode was changed or could not be changed
 * @throws {ConfigurationError} `FILE_UNREADABLE`
 * @throws {LedgerError} `LEDGER_NEWER`; `LEDGER_MISSING`: an export finds no ledger
 */
export async function openSqliteLedger(
  path: string,
  purpose: Purpose,
  warn?: (detail: string) => void,
): Promise<LedgerDatabase> {
  const database = (await openNewerDatabase(path)) ?? (await openDatabase(path, warn))
  if (purpose === 'export' && database.run("select 1 from sqlite_master where name = 'event'").length === 0) {
    await database.close()
    throw new LedgerError('LEDGER_MISSING', `${path} has no ledger. Name the file that serve uses`)
  }
  return transferOf(database, purpose, warn)
}

/** @see https://www.sqlite.org/rescode.html#full */
const isDiskFull = (error: unknown): boolean => {
  const { code, message } = Object(error) as Partial<NodeJS.ErrnoException>
  return code === 'ENOSPC' || /database or disk is full/.test(String(message))
}

const diskFull = (cause: unknown): LedgerError =>
  new LedgerError(
    'LEDGER_FULL',
    'the disk is full. Free space on it, and run the same command again: an import continues',
    cause,
  )

/** Wraps an open database. Closes it if its ledger cannot be used. */
export async function transferOf(
  database: Database,
  purpose: Purpose = 'import',
  warn: (detail: string) => void = () => {},
): Promise<LedgerDatabase> {
  try {
    requireUse(openStore(database).writeRefusal, purpose, warn)
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    numbers: SQLITE_NUMBERS,
    dialect: SQLITE_TRANSFER,
    async carryOut(work) {
      try {
        const result = database.transaction(() => carryOut(database, work()))
        await database.sync()
        return result
      } catch (error) {
        throw isDiskFull(error) ? diskFull(error) : error
      }
    },
    isContradiction: isUniqueViolation,
    // Nobody else has the file open.
    readSnapshot: read => read(async work => carryOut(database, work)),
    close: database.close,
  }
}
