import type { NumberIndex } from '../../gateway/store/event/numbers.ts'
import type { LedgerError } from '../../gateway/store/ledger-error.ts'
import type { Work } from '../../gateway/store/sql.ts'
import type { TransferDialect } from './tables.ts'

/** An export creates no ledger; an import creates it, or migrates it. */
export type Purpose = 'export' | 'import'

/** A database with a ledger, to export it or to import one. */
export interface LedgerDatabase {
  readonly dialect: TransferDialect
  readonly numbers: NumberIndex
  /**
   * Carries out work in one transaction, which is on the disk when the promise resolves.
   *
   * @param options `maxConflicts`: how often it is carried out again after the database ended it because of a conflict with another transaction
   */
  readonly carryOut: <T>(work: () => Work<T>, options?: { readonly maxConflicts?: number }) => Promise<T>
  /** Returns whether {@link carryOut} was rejected because two rows have what only one may have. */
  readonly isContradiction: (error: unknown) => boolean
  /** Reads in one transaction, which sees nothing that others write meanwhile. */
  readonly readSnapshot: <T>(read: (carryOut: <R>(work: Work<R>) => Promise<R>) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/**
 * Warns of a ledger that a newer version has written, which can only be exported.
 *
 * @param writeRefusal the error with which writes must be refused; undefined if this program may write
 * @throws {LedgerError} `LEDGER_NEWER`: an import would write
 */
export function requireUse(
  writeRefusal: LedgerError | undefined,
  purpose: Purpose,
  warn: (detail: string) => void,
): void {
  if (!writeRefusal) return
  if (purpose === 'import') throw writeRefusal
  warn(
    'A newer version has written the ledger: the export lacks what this version does not know. Export it with the newer version if you can.',
  )
}
