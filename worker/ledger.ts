import { DurableObject } from 'cloudflare:workers'
import { DAY } from '../src/core/base/time.ts'
import { readRetentionDays } from '../src/gateway/config/config.ts'
import { createLog } from '../src/gateway/log/log.ts'
import { type CallCounts, countsOf, type Increment } from '../src/gateway/store/counts.ts'
import { LEDGER_METHODS, type LedgerStore, openStore } from '../src/gateway/store/ledger.ts'
import type { LedgerError } from '../src/gateway/store/ledger-error.ts'
import { type LedgerMethod, READ, REPEATABLE } from '../src/gateway/store/method.ts'
import { createRepetitions } from '../src/gateway/store/repetitions.ts'
import { type Layout, LayoutChangedError, ONE_SHARD } from '../src/gateway/store/shards/layout.ts'
import { carryOutInShard, createShardStore, type ShardStore } from '../src/gateway/store/shards/shard.ts'
import type { Sql } from '../src/gateway/store/sql.ts'
import { type Commit, createGroupCommit } from '../src/storage/group-commit.ts'
import { LedgerFileError } from '../src/storage/transfer/file-error.ts'
import type { DurableObjectState, Env } from './bindings.ts'
import { type GatheredCounts, gatherCounts } from './gathered-counts.ts'
import { createImportStore, type ImportSteps, type ImportStore } from './import-store.ts'
import {
  type CallArguments,
  type CarriedOut,
  type ImportRefusal,
  type LayoutRefusal,
  type LedgerObjectMethod,
  type LedgerRpc,
  METHOD_UNKNOWN,
} from './ledger-rpc.ts'

/** Milliseconds between two purges of a ledger. */
const PURGE_EVERY = DAY / 4
/** Rows per batch, and batches per alarm: if more remain, the next alarm follows at once. */
const PURGE_BATCH = 500
const PURGE_BATCHES = 20
// biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
const log = createLog({ level: 'warn', write: line => console.log(line) })

const IMPORT_METHODS: Readonly<Record<keyof ImportSteps, LedgerMethod>> = {
  checkImport: REPEATABLE,
  beginImport: REPEATABLE,
  importRows: { ...REPEATABLE, addsRows: true },
  endImport: REPEATABLE,
  abandonImport: REPEATABLE,
}

/** The methods that a Worker may call. Those of a shard change nothing when they are repeated. */
const METHODS: Readonly<Record<LedgerObjectMethod, LedgerMethod>> = {
  ...LEDGER_METHODS,
  ...IMPORT_METHODS,
  // Each Worker begins with it. It writes only if the ledger grows, which the store of the layout refuses in a ledger that is only read.
  growTo: { ...REPEATABLE, worksReadOnly: true },
  isDrained: REPEATABLE,
  retire: REPEATABLE,
  readRows: READ,
}

/**
 * A ledger in a Durable Object, one or several per merchant and per caller. Results are durable: workerd withholds them
 * until the disk has the writes.
 */
export class LedgerObject extends DurableObject<Env> implements LedgerRpc {
  readonly #store: LedgerStore
  /** The error of all writes, because a newer version has written the ledger. No other instance of the object can write it meanwhile. */
  readonly #writeRefusal: LedgerError | undefined
  readonly #shard: ShardStore
  readonly #imports: ImportStore
  readonly #commit: Commit
  readonly #runOnce: ReturnType<typeof createRepetitions>
  readonly #counts: GatheredCounts
  #hasAlarm = false

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const sql = sqlOf(state)
    const { store, writeRefusal } = openStore(sql)
    this.#store = store
    this.#writeRefusal = writeRefusal
    this.#shard = createShardStore(sql, writeRefusal)
    this.#imports = createImportStore(sql)
    this.#runOnce = createRepetitions(sql, Date.now)
    // `sync` has nothing to do: workerd itself waits for the disk, once per transaction.
    this.#commit = createGroupCommit({
      transaction: this.#shard.transaction,
      sync: async () => {},
      later: work => setTimeout(work, 0),
      delay: work => work(),
    })
    this.#counts = gatherCounts((...counts) => {
      // Counts of calls from before the import began. Their rows would contradict those of the file.
      if (!this.#imports.isIncomplete()) this.#store.addCounts(...counts)
    }, this.#commit)
  }

  async carryOut(
    method: LedgerObjectMethod,
    args: readonly unknown[],
    id?: string,
    counts: CallCounts = [],
    layout?: Layout,
  ): Promise<unknown> {
    if (!Object.hasOwn(METHODS, method))
      throw new Error(
        `${METHOD_UNKNOWN}: this ledger has no method ${method}, because its version is older than its caller's. Repeat later.`,
      )
    if (this.#writeRefusal && !METHODS[method].worksReadOnly) throw this.#writeRefusal
    if (method === 'counters' || method === 'readRows') await this.#counts.write()
    const counting = this.#counts.begin(id)
    const work = () => {
      if (isImportMethod(method)) return carryOutImport(this.#imports, method, args)
      this.#imports.requireComplete()
      if (method === 'addCounts') return counting.count(args[0] as readonly Increment[])
      const result = carryOutInShard(this.#store, this.#shard, { method, args, layout: layout ?? ONE_SHARD })
      counting.count(countsOf(counts, result))
      return result
    }
    const { isResultKept, addsRows } = METHODS[method]
    const isOnce = id !== undefined && isResultKept !== undefined
    const committed = this.#commit(isOnce ? () => this.#runOnce(id, work, isResultKept) : work)
    const result = await counting.end(committed).catch(error => refusalOf(error, layout))
    if (addsRows && !this.#hasAlarm) await this.#ensureAlarm()
    return result
  }

  async carryOutAll(calls: readonly CallArguments[]): Promise<readonly (CarriedOut | undefined)[]> {
    return Promise.all(
      calls.map(call =>
        this.carryOut(...call).then(
          value => ({ value }),
          () => undefined,
        ),
      ),
    )
  }

  /**
   * Deletes expired rows, batch by batch. Each ledger purges itself, because the gateway does not know them all: callers that were
   * removed from the configuration have ledgers too. An empty ledger has no alarm until something is written.
   */
  async alarm(): Promise<void> {
    const { storage } = this.ctx
    await storage.setAlarm(Date.now() + PURGE_EVERY)
    try {
      this.#imports.requireComplete()
      await this.#purgeOld()
    } catch (error) {
      // Cloudflare stops retrying an alarm that keeps failing; the next one is already set.
      log.warn('purging failed', { reason: error })
    }
  }

  async #purgeOld(): Promise<void> {
    const before = Date.now() - readRetentionDays(this.env) * DAY
    for (let batch = 0; batch < PURGE_BATCHES; batch++) {
      const { hasMore, isEmpty } = await this.#commit(() => this.#store.purge(before, PURGE_BATCH))
      if (hasMore) continue
      if (isEmpty) await this.#cancelAlarm()
      return
    }
    await this.ctx.storage.setAlarm(Date.now())
  }

  /** Never throws, because the call itself is committed. If it fails, the next call tries again. */
  async #ensureAlarm(): Promise<void> {
    const { storage } = this.ctx
    try {
      if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + PURGE_EVERY)
      this.#hasAlarm = true
    } catch (error) {
      log.warn('alarm failed', { reason: error })
    }
  }

  async #cancelAlarm(): Promise<void> {
    this.#hasAlarm = false
    await this.ctx.storage.deleteAlarm()
  }
}

/**
 * Returns the refusal of a call whose layout has changed, or of a step of an import: thrown, it would count as a failure of the object,
 * and only its message would reach the Worker. A Worker of a version without layouts would take it for a result.
 */
function refusalOf(error: unknown, layout: Layout | undefined): LayoutRefusal | ImportRefusal {
  if (error instanceof LayoutChangedError && layout !== undefined) return { layoutChanged: error.layout }
  if (error instanceof LedgerFileError) return { importRefused: { code: error.code, detail: error.message } }
  throw error
}

const isImportMethod = (method: LedgerObjectMethod): method is keyof ImportSteps =>
  Object.hasOwn(IMPORT_METHODS, method)

const carryOutImport = (imports: ImportSteps, method: keyof ImportSteps, args: readonly unknown[]): unknown =>
  (imports[method] as (...args: readonly unknown[]) => unknown)(...args)

/** Adapts the SQLite storage of a Durable Object. */
export const sqlOf = ({ storage }: Pick<DurableObjectState, 'storage'>): Sql => ({
  run: <Row>(statement: string, ...values: readonly unknown[]) =>
    storage.sql.exec(statement, ...values).toArray() as Row[],
  transaction: work => storage.transactionSync(work),
})
