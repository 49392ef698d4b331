import { LEDGER_METHODS, type Ledger, openLedgerStore } from '../gateway/store/ledger.ts'
import { remoteLedger } from '../gateway/store/remote-ledger.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Database } from './sqlite.ts'

/** Milliseconds for which writes gather that no caller waits for, before they are synced. */
const SYNC_DELAY = 10

/**
 * Opens the ledger of all merchants and callers, in one file. Releases the leases of the process that had the file before.
 *
 * @param onDiskFailure called when the disk has failed to confirm a write; all further calls are refused
 */
export function localLedger(database: Database, now: () => number, onDiskFailure?: (error: unknown) => void): Ledger {
  const store = openLedgerStore(database, now)
  store.releaseLeases()
  const commit = createGroupCommit({
    transaction: database.transaction,
    sync: database.sync,
    later: setImmediate,
    debounced: work => setTimeout(work, SYNC_DELAY),
    ...(onDiskFailure && { onFailure: onDiskFailure }),
  })
  return remoteLedger((method, args) => {
    const run = store[method] as (...args: unknown[]) => unknown
    return commit(() => run(...args), !LEDGER_METHODS[method].isDurable)
  })
}
