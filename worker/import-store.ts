import { SQLITE_NUMBERS } from '../src/gateway/store/event/numbers.ts'
import { carryOut, type Sql, type SqlRow } from '../src/gateway/store/sql.ts'
import type { TableName } from '../src/gateway/store/table-keys.ts'
import { LedgerFileError } from '../src/storage/transfer/file-error.ts'
import {
  abandonImport,
  beginImport,
  contradiction,
  endRememberedImport,
  importRows,
  readProgress,
  requireImportable,
} from '../src/storage/transfer/import-steps.ts'
import { STATE_TABLES } from '../src/storage/transfer/ledger-of-row.ts'
import { incompleteImport } from '../src/storage/transfer/progress.ts'
import { isUniqueViolation, SQLITE_TRANSFER } from '../src/storage/transfer/sqlite-dialect.ts'
import { TABLES } from '../src/storage/transfer/tables.ts'

/** Rows of a table, which follow each other in the ledger. */
export interface ImportPage {
  readonly table: TableName
  readonly rows: readonly SqlRow[]
  /** The line of the file up to which the ledger has its rows before. */
  readonly after: number
  /** The line of the last row. */
  readonly line: number
}

/**
 * The steps of an import into the ledger of a Durable Object, each of which must be carried out in a transaction. A repetition has no
 * further effect.
 *
 * @throws {LedgerFileError} each of them
 */
export interface ImportSteps {
  /** Requires that the ledger is empty, or has a part of this export. Returns what {@link ImportSteps.beginImport} does. */
  checkImport(id: string): number
  /** @returns the number of lines of the file that the ledger has already */
  beginImport(id: string): number
  importRows(id: string, page: ImportPage): void
  endImport(id: string): void
  /**
   * Gives up an import that has not ended: what it has written is deleted, and the ledger is empty again.
   *
   * @returns whether there was one
   */
  abandonImport(): boolean
}

export interface ImportStore extends ImportSteps {
  /**
   * Refuses the ledger while an import into it has begun and not ended.
   *
   * @throws {LedgerError} `LEDGER_INCOMPLETE`
   */
  requireComplete(): void
  /** Returns whether an import into the ledger has begun and not ended. */
  isIncomplete(): boolean
}

/**
 * A statement in a Durable Object has at most 100 values.
 *
 * @see https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const DIALECT = { ...SQLITE_TRANSFER, maxValues: 100 }

/** The outbox of this Worker does not have the delivery, and the gateway that has claimed it has stopped: the next sweep may take it. */
const releasedOf = (delivery: SqlRow): SqlRow => ({ ...delivery, leased_until: 0, leased_by: null, queued_until: 0 })

export function createImportStore(sql: Pick<Sql, 'run'>): ImportStore {
  /** Undefined after a step, because its transaction may have been rolled back. */
  let known: boolean | undefined

  function isIncomplete(): boolean {
    known ??= carryOut(sql, readProgress())?.hasEnded === false
    return known
  }

  /** @throws {LedgerFileError} `LEDGER_NOT_EMPTY` */
  function requireOneObject(): void {
    if (sql.run('select 1 as found from layout').length > 0)
      throw new LedgerFileError(
        'LEDGER_NOT_EMPTY',
        'the ledger consists of several objects already. Import into the ledgers of a Worker that has never run with LEDGER_SHARDS; they can grow after it',
      )
  }

  /** @returns the number of lines that are imported already */
  function requireBegun(id: string): number {
    const progress = carryOut(sql, readProgress())
    if (progress?.id === id) return progress.line
    throw new LedgerFileError('LEDGER_NOT_EMPTY', 'the import of this file into the ledger has not begun')
  }

  return {
    requireComplete() {
      if (isIncomplete()) throw incompleteImport()
    },
    isIncomplete,
    checkImport(id) {
      const done = carryOut(sql, requireImportable(id, STATE_TABLES))
      if (done === 0) requireOneObject()
      return done
    },
    beginImport(id) {
      known = undefined
      const progress = carryOut(sql, readProgress())
      if (progress?.id !== id) requireOneObject()
      return carryOut(sql, beginImport(id, STATE_TABLES))
    },
    importRows(id, { table: name, rows, after, line }) {
      const done = requireBegun(id)
      // Rows that have no key of their own would be there twice.
      if (done < line && done !== after)
        throw new LedgerFileError(
          'LEDGER_NOT_EMPTY',
          'another command imports the same file at the same time. Let one of them end, and run it again',
        )
      const table = TABLES.find(table => table.name === name)!
      const page = { table, rows: name === 'delivery' ? rows.map(releasedOf) : rows, line }
      try {
        carryOut(sql, importRows(page, { dialect: DIALECT, numbers: SQLITE_NUMBERS }))
      } catch (error) {
        throw isUniqueViolation(error) ? contradiction(page) : error
      }
    },
    endImport(id) {
      known = undefined
      requireBegun(id)
      carryOut(sql, endRememberedImport())
    },
    abandonImport() {
      known = undefined
      if (carryOut(sql, readProgress())?.hasEnded !== false) return false
      carryOut(sql, abandonImport())
      return true
    },
  }
}
