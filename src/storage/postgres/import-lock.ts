import { LedgerError } from '../../gateway/store/ledger-error.ts'
import { incompleteImport, PROGRESS } from '../transfer/progress.ts'
import type { Connection } from './connection.ts'

/** The advisory lock of a schema that keeps gateways and an import apart. The server releases it when its connection ends or breaks. */
const LOCK = "hashtext('wechatpay-edge import'), hashtext(current_schema())"

/**
 * Takes the lock that each connection of a gateway shares, so that no import begins beside it, nor it beside an import.
 *
 * @throws {LedgerError} `LEDGER_INCOMPLETE`: an import is running, or was interrupted
 */
export async function shareWithGateways({ query }: Connection): Promise<void> {
  const [lock] = await query<{ locked: boolean }>(`select pg_try_advisory_lock_shared(${LOCK}) as locked`)
  if (!lock!.locked) throw incompleteImport()
  // The lock of an import may be lost with its connection; its progress is not.
  const [found] = await query<{ name: string | null }>('select to_regclass($1)::text as name', [PROGRESS])
  if (found?.name != null) throw incompleteImport()
}

/**
 * Takes the lock for an import, alone.
 *
 * @throws {LedgerError} `LEDGER_IN_USE`
 */
export async function keepGatewaysOut({ query }: Connection): Promise<void> {
  const [lock] = await query<{ locked: boolean }>(`select pg_try_advisory_lock(${LOCK}) as locked`)
  if (!lock!.locked)
    throw new LedgerError(
      'LEDGER_IN_USE',
      'a gateway or another import uses the ledger. Stop all gateways on it, and import again',
    )
}
