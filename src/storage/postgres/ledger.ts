import type { Client, Pool } from 'pg'
import { createLimiter, type Limiter } from '../../core/base/limiter.ts'
import { createClockFollower } from '../../gateway/store/clock.ts'
import type { StoreContext } from '../../gateway/store/dialect.ts'
import { createStore, LEDGER_METHODS, type Ledger, type LedgerStore } from '../../gateway/store/ledger.ts'
import { remoteLedger } from '../../gateway/store/remote-ledger.ts'
import { createCallId } from '../../gateway/store/repetitions.ts'
import type { Work, WorkOf } from '../../gateway/store/sql.ts'
import { type Batches, createBatches } from './batch/batches.ts'
import { createBatchedCalls } from './batch/calls.ts'
import { forgetResults, once } from './carried-out.ts'
import { createDatabaseClock } from './clock.ts'
import { type Connection, connectionOf, readTarget, type Target } from './connection.ts'
import { createSlottedCounts } from './counts.ts'
import { POSTGRES } from './dialect.ts'
import { ledgerErrorOf } from './errors.ts'
import { shareWithGateways } from './import-lock.ts'
import { POSTGRES_NUMBERS } from './numbers.ts'
import { WRITER_LOCKS } from './order.ts'
import { checkServer, connect, type Driver, durable, importDriver, openPool, readServer } from './pool.ts'
import { createSharedRates } from './rates.ts'
import { migrate } from './schema.ts'
import { runTransaction } from './transaction.ts'
import { createWakeups, type Wakeups } from './wakeups.ts'

/** Milliseconds between two comparisons of the clock with the database's. */
const MEASURE_EVERY = 5_000

/**
 * Methods that do not wait for the disk. A crash of the server costs some counts and gives callers some tokens back; a reserved delivery
 * is claimed before it is sent.
 */
const RELAXED: ReadonlySet<keyof LedgerStore> = new Set(['addCounts', 'takeToken', 'reserveDueDeliveries'] as const)

/**
 * Methods of the outbox. All attempts to an endpoint may wait for the row of its circuit; the connections that they cannot use are left to
 * notifications, for whose response WeChat Pay waits 5 s, and to calls.
 */
const OF_OUTBOX: ReadonlySet<keyof LedgerStore> = new Set([
  'claimDelivery',
  'recordAttempt',
  'reserveDueDeliveries',
  'nextDueAt',
] as const)
/** Returns the number of connections that the outbox can use. */
const outboxShareOf = (poolSize: number): number => Math.max(1, poolSize - Math.ceil(poolSize / 5))

/** A ledger in PostgreSQL, which any number of processes share. */
export interface PostgresLedger {
  readonly ledger: Ledger
  /** The time of the database, milliseconds since 1970. */
  readonly now: () => number
  /**
   * Does work unless another process is doing it.
   *
   * @returns whether it was done
   */
  readonly runExclusively: (work: () => Promise<unknown>) => Promise<boolean>
  readonly wakeups: Wakeups
  /** Closes all connections, once however often it is called. */
  readonly close: () => Promise<void>
}

export interface PostgresOptions {
  /** Default: the clock of the database. */
  readonly now?: (() => number) | undefined
  readonly warn?: (detail: string) => void
}

/**
 * Opens the ledger of all merchants and callers in a PostgreSQL database (14 or later), by the package `pg`. Creates its schema and
 * migrates it.
 *
 * @param url `postgres://user:password@host:5432/database`, with the parameters of {@link readTarget}
 * @throws {ConfigurationError} `OPTION_INVALID`: the URL is wrong; `PACKAGE_MISSING`: `pg` is not installed
 * @throws {LedgerError} `LEDGER_INCOMPLETE`, `LEDGER_UNAVAILABLE`, `LEDGER_REFUSED`, `LEDGER_READ_ONLY`, `LEDGER_UNSUPPORTED`, `LEDGER_NEWER`, …
 */
export async function openPostgresLedger(
  url: string,
  { now, warn = () => {} }: PostgresOptions = {},
): Promise<PostgresLedger> {
  const target = readTarget(url)
  const driver = await importDriver()
  const clock = createDatabaseClock()
  const prepare = async (connection: Connection) => {
    await migrate(connection, target.schema)
    await shareWithGateways(connection)
    await clock.measure(connection)
  }
  const settings = await prepareDatabase(driver, target, prepare, warn).catch(error => {
    throw ledgerErrorOf(error, target.shown)
  })
  // An import that began meanwhile has the lock, and each transaction is carried out by a connection that shares it.
  const pool = openPool(driver, target, settings, shareWithGateways)
  const time = now ?? clock.now
  const timer = setInterval(() => void withClient(pool, clock.measure).catch(() => {}), MEASURE_EVERY)
  timer.unref?.()
  const wakeups = createWakeups(() => connect(driver, settings), target.schema)
  const explain = (error: unknown): never => {
    throw ledgerErrorOf(error, target.shown)
  }
  let closing: Promise<void> | undefined
  async function closeAll(): Promise<void> {
    clearInterval(timer)
    await wakeups.close()
    await pool.end()
  }
  return {
    ledger: createLedger(pool, time, target),
    now: time,
    async runExclusively(work) {
      const lock = await acquireLock(() => connect(driver, settings)).catch(explain)
      try {
        // An error of the work stays what it is.
        if (lock) await work()
        return lock !== undefined
      } finally {
        await lock?.end()
      }
    },
    wakeups,
    close() {
      closing ??= closeAll().catch(explain)
      return closing
    },
  }
}

/**
 * Checks the server, and prepares the ledger in it.
 *
 * @param prepare called with a connection to the server, which is as a ledger requires
 * @returns the settings of further connections
 */
export async function prepareDatabase(
  driver: Driver,
  { client, shown }: Target,
  prepare: (connection: Connection) => Promise<void>,
  warn: (detail: string) => void,
): Promise<Target['client']> {
  // A migration in progress may take longer than any other statement, and `query_timeout` would end the wait for it.
  const connection = await connect(driver, { ...client, query_timeout: 0 })
  try {
    const state = await readServer(connection)
    checkServer(state, shown)
    if (state.fsync === 'off')
      warn(`${shown}: fsync is off, so that a crash of the server can lose acknowledged events. Set it to on.`)
    await prepare(connection)
    return durable(client, state)
  } finally {
    await connection.end()
  }
}

/** The methods of a ledger in PostgreSQL. */
export interface PostgresStore {
  readonly store: WorkOf<LedgerStore>
  /** Carries out many calls of a method with one statement. */
  readonly batches: Batches
  /** The work that comes first in each transaction. */
  readonly followClock: () => Work<void>
}

export function createPostgresStore(now: () => number): PostgresStore {
  const context: StoreContext = {
    dialect: POSTGRES,
    now,
    numbers: POSTGRES_NUMBERS,
    order: WRITER_LOCKS,
    outbox: `outbox ${crypto.randomUUID()}`,
  }
  return {
    store: { ...createStore(context), ...createSlottedCounts(), ...createSharedRates(context) },
    batches: createBatches(context),
    followClock: createClockFollower(context),
  }
}

function createLedger(pool: Pool, now: () => number, { poolSize, client }: Target): Ledger {
  const limitOutbox = createLimiter(outboxShareOf(poolSize))
  const postgresStore = createPostgresStore(now)
  const { store, followClock } = postgresStore
  const limitOf = (method: keyof LedgerStore): Limiter => (OF_OUTBOX.has(method) ? limitOutbox : work => work())
  const alone = (method: keyof LedgerStore, args: unknown[]): Promise<unknown> => {
    const begin = store[method] as (...args: unknown[]) => Work<unknown>
    const id = createCallId(now())
    const { isResultKept } = LEDGER_METHODS[method]
    const work = function* (isRepeated: boolean): Work<unknown> {
      yield* followClock()
      if (method === 'purge') yield* forgetResults(now)
      return yield* once({ id, isRepeated, isResultKept }, () => begin(...args))
    }
    return limitOf(method)(() => runTransaction(pool, work, { isRelaxed: RELAXED.has(method) }))
  }
  const batched = createBatchedCalls(pool, now, postgresStore, {
    limitOf,
    alone,
    lockTimeout: client.lock_timeout,
  })
  return remoteLedger(async (method, args) => {
    try {
      return await (batched(method, args) ?? alone(method, args))
    } catch (error) {
      throw ledgerErrorOf(error, 'the database')
    }
  })
}

async function withClient<T>(pool: Pool, work: (connection: Connection) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    return await work(connectionOf(client as unknown as Client))
  } finally {
    client.release()
  }
}

/**
 * Acquires the advisory lock of what one process does at a time. The server releases it when the connection ends or breaks.
 *
 * @returns undefined if another process has it
 */
async function acquireLock(
  open: () => Promise<Connection & { readonly end: () => Promise<void> }>,
): Promise<{ readonly end: () => Promise<void> } | undefined> {
  const connection = await open()
  try {
    const [row] = await connection.query<{ locked: boolean }>(
      "select pg_try_advisory_lock(hashtext('wechatpay-edge sweep'), hashtext(current_schema())) as locked",
    )
    if (row?.locked) return connection
  } catch (error) {
    await connection.end()
    throw error
  }
  await connection.end()
  return undefined
}
