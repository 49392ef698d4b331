import { LedgerError } from './ledger-error.ts'

/** The programs that can use the tables of a ledger. A version is a number of migration steps. */
export interface StoredVersion {
  readonly version: number
  /** The lowest version of programs that can write to the tables. */
  readonly writableFrom: number
  /** The lowest version of programs that can read them. */
  readonly readableFrom: number
}

/**
 * Compares the version of a ledger's tables with that of this program. Tables of a newer version may hold what this one does not know, so
 * that its writes could contradict them; reads that the newer version has declared safe still tell an operator what happened.
 *
 * @param ledger names the ledger in the message
 * @param supported the version of this program
 * @returns the error with which all writes are refused; undefined if this program may write
 * @throws {LedgerError} `LEDGER_NEWER`: this program cannot read them either
 */
export function refusalOfWrites(
  { version, writableFrom, readableFrom }: StoredVersion,
  ledger: string,
  supported: number,
): LedgerError | undefined {
  if (readableFrom > supported)
    throw new LedgerError(
      'LEDGER_NEWER',
      `${ledger} has version ${version}, which programs that support up to version ${supported} cannot read. Run a newer version of the program`,
    )
  if (writableFrom <= supported) return undefined
  return new LedgerError(
    'LEDGER_NEWER',
    `${ledger} has version ${version}, which this program only reads, because it supports up to version ${supported}: nothing is recorded or delivered, and no call that changes something is sent. Run the newer version of the program again`,
  )
}
