import { LEDGER_METHODS, type Ledger, openStore } from '../gateway/store/ledger.ts'
import type { LedgerError } from '../gateway/store/ledger-error.ts'
import type { SyncTime } from '../gateway/store/method.ts'
import { remoteLedger } from '../gateway/store/remote-ledger.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Database } from './sqlite.ts'
import { incompleteImport, PROGRESS } from './transfer/progress.ts'

/** Milliseconds for which writes gather that no caller waits for, before they are synced. */
const SYNC_DELAYS: Readonly<Record<Exclude<SyncTime, 'now'>, number>> = { soon: 10, later: 250 }

/**
 * Opens the ledger of all merchants and callers, in one file. Releases the leases of the process that had the file before.
 *
 * @param onDiskFailure called when the disk has failed to confirm a write; all further calls are refused
 * @param onReadOnly called if a newer version has written the ledger, so that all writes are refused with this error
 * @throws {LedgerError} `LEDGER_NEWER`: a newer version has written it, and this one cannot read it; `LEDGER_INCOMPLETE`: an import into it
 * has not ended
 */
export function localLedger(
  database: Database,
  now: () => number,
  onDiskFailure?: (error: unknown) => void,
  onReadOnly: (refusal: LedgerError) => void = () => {},
): Ledger {
  const { store, writeRefusal } = openStore(database, now)
  refuseIncomplete(database)
  if (writeRefusal) onReadOnly(writeRefusal)
  else store.releaseLeases()
  const commit = createGroupCommit({
    transaction: database.transaction,
    sync: database.sync,
    later: setImmediate,
    delay: (work, syncTime) => setTimeout(work, SYNC_DELAYS[syncTime]),
    ...(onDiskFailure && { onFailure: onDiskFailure }),
  })
  return remoteLedger((method, args) => {
    const run = store[method] as (...args: unknown[]) => unknown
    return commit(() => run(...args), LEDGER_METHODS[method].syncTime ?? 'soon')
  })
}

function refuseIncomplete({ run }: Database): void {
  const [found] = run("select name from sqlite_master where type = 'table' and name = ?", PROGRESS)
  if (found) throw incompleteImport()
}
