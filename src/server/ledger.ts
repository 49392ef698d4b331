import { createGroupCommit } from '../gateway/ledger/group-commit.ts'
import { type Ledger, openBook, remoteLedger } from '../gateway/ledger/ledger.ts'
import type { Database } from './sqlite.ts'

/** The ledger of all merchants and callers, in one file. What another process has left undone is free again. */
export function localLedger(database: Database, now: () => number): Ledger {
  const book = openBook(database, now)
  book.releaseLeases()
  const commit = createGroupCommit({ ...database, later: setImmediate })
  return remoteLedger((method, given) => {
    const act = book[method] as (...given: unknown[]) => unknown
    return commit(() => act(...given))
  })
}
