import { DurableObject } from 'cloudflare:workers'
import { readRetentionDays } from '../src/gateway/config/config.ts'
import { createLog } from '../src/gateway/log/log.ts'
import { type CallCounts, countsOf, type Increment } from '../src/gateway/store/counts.ts'
import { LEDGER_METHODS, type LedgerStore, openLedgerStore } from '../src/gateway/store/ledger.ts'
import { createRepetitions } from '../src/gateway/store/repetitions.ts'
import type { Sql } from '../src/gateway/store/sql.ts'
import { type Commit, createGroupCommit } from '../src/storage/group-commit.ts'
import type { DurableObjectState, Env } from './bindings.ts'
import { type GatheredCounts, gatherCounts } from './gathered-counts.ts'
import { type LedgerRpc, METHOD_UNKNOWN } from './ledger-rpc.ts'

const DAY = 24 * 60 * 60 * 1000
/** Milliseconds between two times at which a ledger deletes what is over. */
const PURGE_EVERY = DAY / 4
/** Rows that one batch looks at, and batches that one alarm carries out: the next alarm goes on at once. */
const PURGE_BATCH = 500
const PURGE_BATCHES = 20
// biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
const log = createLog({ level: 'warn', write: line => console.log(line) })

/** A ledger in a Durable Object: one a merchant, one a caller. What it has answered is written down: workerd holds the answer back until then. */
export class LedgerObject extends DurableObject<Env> implements LedgerRpc {
  readonly #store: LedgerStore
  readonly #commit: Commit
  readonly #once: ReturnType<typeof createRepetitions>
  readonly #counts: GatheredCounts
  #hasAlarm = false

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const sql = sqlOf(state)
    this.#store = openLedgerStore(sql)
    this.#once = createRepetitions(sql, Date.now)
    // workerd waits for the disk itself; once a transaction, so that a group's is a single one.
    this.#commit = createGroupCommit({
      transaction: sql.transaction,
      sync: async () => {},
      later: work => setTimeout(work, 0),
      debounced: work => work(),
    })
    this.#counts = gatherCounts(increments => this.#commit(() => this.#store.add(increments)))
  }

  async carryOut(
    method: keyof LedgerStore,
    given: readonly unknown[],
    id?: string,
    counts: CallCounts = [],
  ): Promise<unknown> {
    if (!Object.hasOwn(LEDGER_METHODS, method))
      throw new Error(
        `${METHOD_UNKNOWN}: this ledger has no method ${method}; it is older than its caller. Repeat later.`,
      )
    if (method === 'add') return this.#counts.add(given[0] as readonly Increment[], id)
    if (method === 'counters') await this.#counts.write()
    const act = this.#store[method] as (...given: readonly unknown[]) => unknown
    let isFirst = false
    const work = () => {
      isFirst = true
      return act(...given)
    }
    const { isResultKept, addsRows } = LEDGER_METHODS[method]
    const isOnce = id !== undefined && isResultKept !== undefined
    const result = await this.#commit(isOnce ? () => this.#once(id, work, isResultKept) : work)
    if (isFirst) this.#counts.add(countsOf(counts, result), id)
    if (addsRows && !this.#hasAlarm) await this.#ensureAlarm()
    return result
  }

  /**
   * Deletes what is over, batch by batch. Each ledger does so by itself, for nobody else knows them all: a caller that is
   * configured no longer has one too. A ledger that is empty rests until something is written.
   */
  async alarm(): Promise<void> {
    const { storage } = this.ctx
    await storage.setAlarm(Date.now() + PURGE_EVERY)
    try {
      await this.#purgeOld()
    } catch (error) {
      // An alarm that fails is repeated a few times and then never again: the next one stands already.
      log.warn('purging failed', { reason: error })
    }
  }

  async #purgeOld(): Promise<void> {
    const before = Date.now() - readRetentionDays(this.env) * DAY
    for (let batch = 0; batch < PURGE_BATCHES; batch++) {
      const { hasMore, isEmpty } = await this.#commit(() => this.#store.purge(before, PURGE_BATCH))
      if (hasMore) continue
      if (isEmpty) await this.#rest()
      return
    }
    await this.ctx.storage.setAlarm(Date.now())
  }

  /** Never throws: what the call was made for is committed. The next call tries again. */
  async #ensureAlarm(): Promise<void> {
    const { storage } = this.ctx
    try {
      if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + PURGE_EVERY)
      this.#hasAlarm = true
    } catch (error) {
      log.warn('alarm failed', { reason: error })
    }
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
