import type { Client, Pool } from 'pg'
import { createLimiter, type Limiter } from '../../core/base/limiter.ts'
import { createClockFollower } from '../../gateway/store/clock.ts'
import type { StoreContext } from '../../gateway/store/dialect.ts'
import { createStore, LEDGER_METHODS, type Ledger, type LedgerStore } from '../../gateway/store/ledger.ts'
import { LedgerError } from '../../gateway/store/ledger-error.ts'
import { createRates } from '../../gateway/store/rates.ts'
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
import { holdVersion, migrate, requireReadable } from './schema.ts'
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
  /**
   * Called at most once, when it is found that a newer version has migrated the tables so that this one only reads them: from then on all
   * writes are refused with this error. A process that has begun to write finds that only on new connections: while one is open, such a
   * migration is refused.
   */
  readonly onReadOnly?: ((refusal: LedgerError) => void) | undefined
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
  { now, warn = () => {}, onReadOnly = () => {} }: PostgresOptions = {},
): Promise<PostgresLedger> {
  const target = readTarget(url)
  const driver = await importDriver()
  const clock = createDatabaseClock()
  let writeRefusal: LedgerError | undefined
  function noteRefusal(refusal: LedgerError | undefined): void {
    if (!refusal || writeRefusal) return
    writeRefusal = refusal
    onReadOnly(refusal)
  }
  const prepare = async (connection: Connection) => {
    noteRefusal(await migrate(connection, target.schema))
    await shareWithGateways(connection)
  }
  // An import or a migration that began meanwhile has its lock, and each transaction is carried out by a connection that shares both.
  const prepareEach = async (connection: Connection) => {
    await shareWithGateways(connection)
    noteRefusal(await holdVersion(connection, target.schema))
  }
  const settings = await prepareDatabase(driver, target, prepare, warn).catch(error => {
    throw ledgerErrorOf(error, target.shown)
  })
  const pool = openPool(driver, target, settings, prepareEach)
  // From now on a connection is open: each measurement keeps it from becoming idle. Only between the end of one that has reached its
  // lifetime and the next measurement there may be none.
  await withClient(pool, clock.measure).catch(async error => {
    await pool.end()
    throw ledgerErrorOf(error, target.shown)
  })
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
    ledger: createLedger(pool, time, target, () => writeRefusal),
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
  prepare: (connection: Connection) => Promise<unknown>,
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

/** @param refusalOfWrites returns the error of all writes, once it is known that this process may only read */
function createLedger(
  pool: Pool,
  now: () => number,
  { poolSize, client, schema }: Target,
  refusalOfWrites: () => LedgerError | undefined,
): Ledger {
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
  const readable = { ...store, ...createRates({ now }, { isReadOnly: true }) }
  const read = (method: keyof LedgerStore, args: unknown[]): Promise<unknown> => {
    const begin = readable[method] as (...args: unknown[]) => Work<unknown>
    const work = function* (): Work<unknown> {
      yield* requireReadable(schema)
      return yield* begin(...args)
    }
    return runTransaction(pool, work, { isReadOnly: true })
  }
  return remoteLedger(async (method, args) => {
    const refusal = refusalOfWrites()
    if (refusal && !LEDGER_METHODS[method].worksReadOnly) throw refusal
    try {
      return await (refusal ? read(method, args) : (batched(method, args) ?? alone(method, args)))
    } catch (error) {
      const ledgerError = ledgerErrorOf(error, 'the database')
      // A connection that was opened for this call has found the newer version.
      if (ledgerError instanceof LedgerError && ledgerError.code === 'LEDGER_READ_ONLY')
        throw refusalOfWrites() ?? ledgerError
      throw ledgerError
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
