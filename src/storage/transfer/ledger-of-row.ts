import { callerLedger, GATEWAY_LEDGER } from '../../gateway/ledgers.ts'
import type { SqlRow } from '../../gateway/store/sql.ts'
import type { TableName } from '../../gateway/store/table-keys.ts'

const ofMerchant = (row: SqlRow): string => row.mchid as string
const ofCaller = (row: SqlRow): string => callerLedger(row.caller as string)
const ofGateway = (): string => GATEWAY_LEDGER

const LEDGER_OF: Readonly<Record<Exclude<TableName, 'attempt'>, (row: SqlRow) => string>> = {
  event: ofMerchant,
  delivery: ofMerchant,
  watch: ofMerchant,
  circuit: ofMerchant,
  fault: ofMerchant,
  call: ofCaller,
  rate_bucket: ofCaller,
  counter: ofGateway,
  sweep_run: ofGateway,
}

/**
 * Returns the name of the ledger to which a row belongs, where each merchant and each caller has one.
 *
 * @returns undefined for an attempt, which belongs where its delivery is
 */
export const ledgerOfRow = (table: TableName, row: SqlRow): string | undefined =>
  table === 'attempt' ? undefined : LEDGER_OF[table](row)

/** The tables with the state of a gateway, which it makes anew: without their rows it forgets nothing that has happened. */
export const STATE_TABLES: readonly TableName[] = ['circuit', 'counter', 'fault', 'rate_bucket', 'sweep_run']
