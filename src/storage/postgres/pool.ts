import type { Client, ClientConfig, Pool } from 'pg'
import { ConfigurationError } from '../../core/index.ts'
import { LedgerError } from '../../gateway/store/ledger-error.ts'
import { type Connection, connectionOf, type Target } from './connection.ts'

/** The oldest version that is supported, as `server_version_num`. */
const MIN_VERSION = 140_000
/** Milliseconds until an unused connection is closed. */
const IDLE = 60_000
/** Seconds until a connection is replaced, so that connections spread over the servers behind an address again. */
const MAX_LIFETIME = 30 * 60

/** `bigint` and `numeric`, which the driver returns as text. The ledger's integers are below 2^53. */
const NUMBERS = new Set([20, 1700])

export type Driver = typeof import('pg')

export async function importDriver(): Promise<Driver> {
  try {
    // A CommonJS module: a runtime may offer its exports by name, or as the default one.
    const driver = (await import('pg')) as Driver & { readonly default?: Driver }
    return driver.default ?? driver
  } catch (cause) {
    throw new ConfigurationError(
      'PACKAGE_MISSING',
      'pg',
      'the package pg is needed for PostgreSQL. Run npm install pg',
      cause,
    )
  }
}

/** The settings of a server that matter to a ledger. */
export interface ServerState {
  readonly version: number
  readonly version_text: string
  readonly is_standby: boolean
  readonly is_read_only: string
  readonly synchronous_commit: string
  readonly fsync: string
}

/**
 * Checks that a server can hold a ledger.
 *
 * @throws {LedgerError} `LEDGER_UNSUPPORTED`, `LEDGER_READ_ONLY`
 */
export function checkServer(state: ServerState, shown: string): void {
  if (state.version < MIN_VERSION)
    throw new LedgerError(
      'LEDGER_UNSUPPORTED',
      `${shown} runs PostgreSQL ${state.version_text}, but 14 or later is required. Upgrade the server`,
    )
  if (state.is_standby)
    throw new LedgerError(
      'LEDGER_READ_ONLY',
      `${shown} is a standby server, which accepts no writes. Connect to the primary server`,
    )
  if (state.is_read_only === 'on')
    throw new LedgerError(
      'LEDGER_READ_ONLY',
      `${shown}: default_transaction_read_only is on. Set it to off for the user, the database or the server`,
    )
}

export async function readServer({ query }: Connection): Promise<ServerState> {
  const [state] = await query<ServerState>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as version_text,
       pg_is_in_recovery() as is_standby, current_setting('transaction_read_only') as is_read_only,
       current_setting('synchronous_commit') as synchronous_commit, current_setting('fsync') as fsync`,
  )
  return state!
}

/**
 * Returns the settings of a connection that commits to the disk: a server that reports commits before they are durable
 * (`synchronous_commit = off`) does not do so for a ledger. Stricter settings, such as `remote_apply`, stay.
 */
export function durable(client: ClientConfig, { synchronous_commit }: ServerState): ClientConfig {
  const setting = synchronous_commit === 'off' ? 'on' : synchronous_commit
  return { ...client, options: `${client.options} -c synchronous_commit=${setting}` }
}

/** Adds the parsers of numbers to a driver's own. */
export const withNumbers = (driver: Driver, client: ClientConfig): ClientConfig => ({
  ...client,
  types: {
    getTypeParser: ((oid: number, format: 'text') =>
      NUMBERS.has(oid) ? Number : driver.types.getTypeParser(oid, format)) as NonNullable<
      ClientConfig['types']
    >['getTypeParser'],
  },
})

/**
 * Returns the driver's client with a listener for errors from its creation on. An error event that nobody hears would end the process,
 * and the pool listens only after the login. An error while a statement runs fails that statement too.
 */
const clientOf = (driver: Driver): typeof Client =>
  class extends driver.Client {
    constructor(config?: ClientConfig) {
      super(config)
      this.on('error', () => {})
    }
  }

/** Opens a single connection, outside of the pool. */
export async function connect(
  driver: Driver,
  client: ClientConfig,
): Promise<Connection & { readonly client: Client; readonly end: () => Promise<void> }> {
  const connected = new (clientOf(driver))(withNumbers(driver, client))
  try {
    await connected.connect()
  } catch (error) {
    await connected.end().catch(() => {})
    throw error
  }
  return { ...connectionOf(connected), client: connected, end: () => connected.end().catch(() => {}) }
}

/**
 * Opens the pool from which each transaction gets a connection.
 *
 * @param prepare called with each new connection; one for which it fails is closed
 */
export function openPool(
  driver: Driver,
  { poolSize }: Target,
  client: ClientConfig,
  prepare: (connection: Connection) => Promise<void> = async () => {},
): Pool {
  const pool = new driver.Pool({
    ...withNumbers(driver, client),
    Client: clientOf(driver),
    max: poolSize,
    // Statements are sent without waiting for the results of earlier ones.
    pipeline: true,
    idleTimeoutMillis: IDLE,
    maxLifetimeSeconds: MAX_LIFETIME,
    onConnect: connected => prepare(connectionOf(connected as unknown as Client)),
  })
  // A connection that breaks while it is idle is replaced.
  pool.on('error', () => {})
  return pool
}
