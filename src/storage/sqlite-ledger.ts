import { type Ledger, type LedgerStore, openLedgerStore, remoteLedger } from '../gateway/store/ledger.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Database } from './sqlite.ts'

/**
 * What somebody is told of that nobody says again: an event that WeChat Pay is acknowledged, a replay that an operator was
 * promised. It is on the disk before. All else is in the file, where the end of the process does not take it back, and on the
 * disk milliseconds later; of a power cut in between, a delivery is made once more, and a call is in doubt for its caller too.
 */
const ON_DISK: ReadonlySet<keyof LedgerStore> = new Set(['record', 'recordRepeat', 'replay', 'resend', 'probeWrite'])

/** Milliseconds that what nobody waits for gathers before it is brought to the disk. */
const LEISURE = 10

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
    leisurely: work => setTimeout(work, LEISURE),
    ...(diskFailed && { failed: diskFailed }),
  })
  return remoteLedger((method, given) => {
    const act = store[method] as (...given: unknown[]) => unknown
    return commit(() => act(...given), !ON_DISK.has(method))
  })
}
