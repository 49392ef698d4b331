import { DurableObject } from 'cloudflare:workers'
import { type Commit, createGroupCommit } from '../src/gateway/ledger/group-commit.ts'
import { type Book, type Ledger, openBook, remoteLedger } from '../src/gateway/ledger/ledger.ts'
import type { Sql } from '../src/gateway/ledger/sql.ts'
import type { DurableObjectNamespace, DurableObjectState, Env } from './bindings.ts'

/** A ledger in a Durable Object: one a merchant, one a caller. What it has answered is written down: workerd holds the answer back until then. */
export class LedgerObject extends DurableObject<Env> {
  readonly #book: Book
  readonly #commit: Commit

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const sql = sqlOf(state)
    this.#book = openBook(sql)
    // workerd waits for the disk itself; once a transaction, so that a group's is a single one.
    this.#commit = createGroupCommit({
      ...{ transaction: sql.transaction, sync: async () => {} },
      later: work => setTimeout(work, 0),
      leisurely: work => work(),
    })
  }

  /** Carries out one of the book's methods, whole or not at all. */
  carryOut(method: keyof Book, given: readonly unknown[]): Promise<unknown> {
    const act = this.#book[method] as (...given: readonly unknown[]) => unknown
    return this.#commit(() => act(...given))
  }
}

const sqlOf = ({ storage }: DurableObjectState): Sql => ({
  run: <Row>(statement: string, ...values: readonly unknown[]) =>
    storage.sql.exec(statement, ...values).toArray() as Row[],
  transaction: work => storage.transactionSync(work),
})

/** The ledger of that name. A stub that has broken must not be used again, so each call gets its own. */
export const ledgerOf =
  (namespace: DurableObjectNamespace) =>
  (name: string): Ledger =>
    remoteLedger(async (method, given) => namespace.getByName(name).carryOut(method, given))
