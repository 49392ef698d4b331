import { type Book, type Ledger, openBook, remoteLedger } from '../gateway/ledger/ledger.ts'
import type { Sql } from '../gateway/ledger/sql.ts'
import { createGroupCommit } from './group-commit.ts'

/** The ledger of all merchants and callers, in one file. What another process has left undone is free again. */
export function localLedger(sql: Sql, now: () => number): Ledger {
  const book = openBook(sql, now)
  book.releaseLeases()
  const commit = createGroupCommit(sql)
  return remoteLedger((method, given) => {
    const act = book[method] as (...given: unknown[]) => unknown
    return commit(() => act(...given))
  })
}

export type { Book, Ledger }
