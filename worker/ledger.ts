import { DurableObject } from 'cloudflare:workers'
import { readRetentionDays } from '../src/gateway/config/config.ts'
import { type Commit, createGroupCommit } from '../src/gateway/ledger/group-commit.ts'
import { type Book, type Ledger, openBook, remoteLedger } from '../src/gateway/ledger/ledger.ts'
import type { Sql } from '../src/gateway/ledger/sql.ts'
import { createLog } from '../src/gateway/operations/log.ts'
import type { DurableObjectNamespace, DurableObjectState, Env } from './bindings.ts'

const DAY = 24 * 60 * 60 * 1000
/** Milliseconds between two times at which a ledger deletes what is over. */
const FORGET_EVERY = DAY / 4
/** Rows that one batch looks at, and batches that one alarm carries out: the next alarm goes on at once. */
const FORGET_BATCH = 500
const FORGET_BATCHES = 20
// biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
const log = createLog({ level: 'warn', write: line => console.log(line) })

/** What brings in what is forgotten in time. */
const GROWS: ReadonlySet<keyof Book> = new Set(['record', 'begin'])

/** A ledger in a Durable Object: one a merchant, one a caller. What it has answered is written down: workerd holds the answer back until then. */
export class LedgerObject extends DurableObject<Env> {
  readonly #book: Book
  readonly #commit: Commit
  #hasAlarm = false

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
  async carryOut(method: keyof Book, given: readonly unknown[]): Promise<unknown> {
    const act = this.#book[method] as (...given: readonly unknown[]) => unknown
    const result = await this.#commit(() => act(...given))
    if (GROWS.has(method) && !this.#hasAlarm) await this.#ensureAlarm()
    return result
  }

  /**
   * Deletes what is over, batch by batch. Each ledger does so by itself, for nobody else knows them all: a caller that is
   * configured no longer has one too. A ledger that is empty rests until something is written.
   */
  async alarm(): Promise<void> {
    const { storage } = this.ctx
    await storage.setAlarm(Date.now() + FORGET_EVERY)
    try {
      await this.#forgetOld()
    } catch (error) {
      // An alarm that fails is repeated a few times and then never again: the next one stands already.
      log.warn('forgetting failed', { reason: error })
    }
  }

  async #forgetOld(): Promise<void> {
    const before = Date.now() - readRetentionDays(this.env) * DAY
    for (let batch = 0; batch < FORGET_BATCHES; batch++) {
      const { hasMore, isEmpty } = await this.#commit(() => this.#book.forget(before, FORGET_BATCH))
      if (hasMore) continue
      if (isEmpty) await this.#rest()
      return
    }
    await this.ctx.storage.setAlarm(Date.now())
  }

  async #ensureAlarm(): Promise<void> {
    this.#hasAlarm = true
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + FORGET_EVERY)
  }

  async #rest(): Promise<void> {
    this.#hasAlarm = false
    await this.ctx.storage.deleteAlarm()
  }
}

export const sqlOf = ({ storage }: Pick<DurableObjectState, 'storage'>): Sql => ({
  run: <Row>(statement: string, ...values: readonly unknown[]) =>
    storage.sql.exec(statement, ...values).toArray() as Row[],
  transaction: work => storage.transactionSync(work),
})

/** The ledger of that name. A stub that has broken must not be used again, so each call gets its own. */
export const ledgerOf =
  (namespace: DurableObjectNamespace) =>
  (name: string): Ledger =>
    remoteLedger(async (method, given) => namespace.getByName(name).carryOut(method, given))
