import { SQLITE } from '../../gateway/store/dialect.ts'
import type { TransferDialect } from './tables.ts'

/** SQLite, in a file or in a Durable Object. */
export const SQLITE_TRANSFER: TransferDialect = {
  attemptOrder: SQLITE.attemptOrder,
  findTable: "select 1 as found from sqlite_master where type = 'table' and name = ?",
  forUpdate: SQLITE.forUpdate,
  maxValues: 32_766,
  additions: {},
  // SQLite numbers a row by the greatest number that exists.
  *continueNumbers() {},
}

/** The message of SQLite: the runtimes disagree on the code of the error. @see https://www.sqlite.org/rescode.html#constraint_unique */
const UNIQUE_VIOLATION = /UNIQUE constraint failed/

/** Returns whether a statement has failed because two rows have what only one may have. */
export const isUniqueViolation = (error: unknown): boolean => UNIQUE_VIOLATION.test(String(Object(error).message))
