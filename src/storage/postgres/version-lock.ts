import { LedgerError } from '../../gateway/store/ledger-error.ts'
import type { Connection } from './connection.ts'

/** The advisory lock of a schema that all connections share whose process has a version. The server releases it with the connection. */
const lockOf = (version: number): string => `hashtext('wechatpay-edge version ${version}'), hashtext(current_schema())`

/**
 * Shares the lock of a version, so that no migration begins that programs of this version cannot write after. Waits for one in progress:
 * only the version that is read after this stays writable as long as the connection is open.
 */
export async function shareVersion({ query }: Connection, version: number): Promise<void> {
  await query(`select pg_advisory_lock_shared(${lockOf(version)})`)
}

/**
 * Takes the locks of versions until the end of the transaction, alone.
 *
 * @param from the lowest version
 * @param end the version after the highest
 * @throws {LedgerError} `LEDGER_IN_USE`: a process of one of the versions runs
 */
export async function keepVersionsOut({ query }: Connection, from: number, end: number): Promise<void> {
  for (let version = from; version < end; version++) {
    const [lock] = await query<{ locked: boolean }>(`select pg_try_advisory_xact_lock(${lockOf(version)}) as locked`)
    if (!lock!.locked)
      throw new LedgerError(
        'LEDGER_IN_USE',
        `a process whose version of the tables is ${version} uses the ledger, and could not write to it after the migration to this version. End all processes of the older version, then start this one`,
      )
  }
}
