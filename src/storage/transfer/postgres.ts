import { run, type Work } from '../../gateway/store/sql.ts'
import { type Connection, readTarget, type Target } from '../postgres/connection.ts'
import { POSTGRES } from '../postgres/dialect.ts'
import { isUniqueViolation, ledgerErrorOf } from '../postgres/errors.ts'
import { keepGatewaysOut } from '../postgres/import-lock.ts'
import { prepareDatabase } from '../postgres/ledger.ts'
import { POSTGRES_NUMBERS } from '../postgres/numbers.ts'
import { connect, type Driver, importDriver, openPool } from '../postgres/pool.ts'
import { holdVersion, migrate, requireLedger } from '../postgres/schema.ts'
import { carryOut, runTransaction } from '../postgres/transaction.ts'
import { type LedgerDatabase, type Purpose, requireUse } from './ledger-database.ts'

/** The tables whose numbers PostgreSQL gives, with their columns. */
const NUMBERED = { event: 'seq', delivery: 'id', call: 'seq', watch: 'id' }

/**
 * Opens a ledger in PostgreSQL. Gateways may use it during an export, which sees one moment of it, but not during an import, which
 * creates the ledger or migrates it.
 *
 * @param url as `openPostgresLedger` reads it
 * @throws {ConfigurationError} `OPTION_INVALID`, `PACKAGE_MISSING`
 * @throws {LedgerError} `LEDGER_MISSING`, `LEDGER_OLDER`: an export finds no ledger of this version; `LEDGER_IN_USE`: an import finds gateways;
 * `LEDGER_NEWER`
 */
export async function openPostgresForTransfer(
  url: string,
  purpose: Purpose,
  warn: (detail: string) => void = () => {},
): Promise<LedgerDatabase> {
  const target = readTarget(url)
  const driver = await importDriver()
  const explain = (error: unknown): never => {
    throw ledgerErrorOf(error, target.shown)
  }
  const prepare = async (connection: Connection): Promise<void> => {
    const check = purpose === 'export' ? requireLedger : migrate
    requireUse(await check(connection, target.schema), purpose, warn)
  }
  // No newer gateway migrates the tables during an import.
  const prepareEach = async (connection: Connection): Promise<void> => {
    if (purpose === 'import') requireUse(await holdVersion(connection, target.schema), purpose, warn)
  }
  const settings = await prepareDatabase(driver, target, prepare, warn).catch(explain)
  const lock = purpose === 'import' ? await acquireLock(driver, settings).catch(explain) : undefined
  const pool = openPool(driver, target, settings, prepareEach)
  return {
    numbers: POSTGRES_NUMBERS,
    dialect: {
      attemptOrder: POSTGRES.attemptOrder,
      findTable: 'select 1 as found where to_regclass(cast(? as text)) is not null',
      forUpdate: POSTGRES.forUpdate,
      maxValues: 65_535,
      additions: { counter: { slot: 0 } },
      continueNumbers,
    },
    carryOut: (work, options) => runTransaction(pool, work, options).catch(explain),
    isContradiction: isUniqueViolation,
    async readSnapshot(read) {
      const client = await pool.connect().catch(explain)
      try {
        await client.query('begin isolation level repeatable read read only').catch(explain)
        // An error of the reader, such as that of a file, stays what it is.
        return await read(work => carryOut(client, work).catch(explain))
      } finally {
        // Ends the transaction with its connection.
        client.release(true)
      }
    },
    async close() {
      await pool.end()
      await lock?.end()
    },
  }
}

/** Opens a connection that keeps gateways out until it ends. */
async function acquireLock(driver: Driver, settings: Target['client']): Promise<{ readonly end: () => Promise<void> }> {
  const connection = await connect(driver, settings)
  try {
    await keepGatewaysOut(connection)
    return connection
  } catch (error) {
    await connection.end()
    throw error
  }
}

function* continueNumbers(): Work<void> {
  for (const [table, column] of Object.entries(NUMBERED))
    yield* run(
      `select setval(pg_get_serial_sequence('${table}', '${column}'), greatest(coalesce(max(${column}), 0), 1), max(${column}) is not null) from ${table}`,
    )
}
