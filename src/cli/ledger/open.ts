import { existsSync } from 'node:fs'
import { ConfigurationError } from '../../core/index.ts'
import { isPostgresUrl } from '../../storage/postgres/connection.ts'
import { OPEN_ELSEWHERE } from '../../storage/sqlite.ts'
import type { LedgerDatabase, Purpose } from '../../storage/transfer/ledger-database.ts'
import { openPostgresForTransfer } from '../../storage/transfer/postgres.ts'
import { openSqliteLedger } from '../../storage/transfer/sqlite.ts'
import { CommandError } from '../command.ts'

/**
 * Opens the ledger that `--data` of `serve` names.
 *
 * @throws {CommandError} there is none to export, or a gateway has it open
 */
export async function openLedgerDatabase(
  data: string,
  purpose: Purpose,
  warn: (line: string) => void,
): Promise<LedgerDatabase> {
  if (isPostgresUrl(data)) return openPostgresForTransfer(data, purpose, warn)
  // SQLite would create the file.
  if (purpose === 'export' && !existsSync(data))
    throw new CommandError(`--data: there is no ledger ${data}. Name the one that serve uses.`)
  try {
    return await openSqliteLedger(data, purpose, warn)
  } catch (error) {
    throw isInUse(error)
      ? new CommandError(`--data: ${data} is open in another process. Stop the gateway first.`)
      : error
  }
}

const isInUse = (error: unknown): boolean =>
  error instanceof ConfigurationError && error.message.includes(OPEN_ELSEWHERE)
