import { LEDGER_METHODS, type Ledger, openLedgerStore } from '../gateway/store/ledger.ts'
import { remoteLedger } from '../gateway/store/remote-ledger.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Database } from './sqlite.ts'

/** Milliseconds for which writes that nobody waits for gather before they are synced. */
const SYNC_DELAY = 10

/**
 * The ledger of all merchants and callers, in one file. What another process has left undone is free again.
 *
 * @param diskFailed is told that the disk did not confirm what was written; nothing is carried out after that
 */
export function localLedger(database: Database, now: () => number, diskFailed?: (error: unknown) => void): Ledger {
  const store = openLedgerStore(database, now)
  store.releaseLeases()
  const commit = createGroupCommit({
    transaction: database.transaction,
    sync: database.sync,
    later: setImmediate,
    debounced: work => setTimeout(work, SYNC_DELAY),
    ...(diskFailed && { failed: diskFailed }),
  })
  return remoteLedger((method, given) => {
    const act = store[method] as (...given: unknown[]) => unknown
    return commit(() => act(...given), !LEDGER_METHODS[method].isDurable)
  })
}
