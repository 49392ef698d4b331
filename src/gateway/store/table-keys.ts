/** The name of a table that an export contains. */
export type TableName =
  | 'event'
  | 'delivery'
  | 'attempt'
  | 'call'
  | 'watch'
  | 'circuit'
  | 'counter'
  | 'fault'
  | 'rate_bucket'
  | 'sweep_run'

/**
 * The tables of which an export of a ledger consists, with the columns by which their rows are ordered, and which no two rows share.
 * `number` stands for the order in which attempts were recorded, which each database has in another column (`attemptOrder`).
 */
export const TABLE_KEYS: Readonly<Record<TableName, readonly string[]>> = {
  event: ['seq'],
  delivery: ['id'],
  attempt: ['number'],
  call: ['seq'],
  watch: ['id'],
  circuit: ['mchid', 'endpoint'],
  counter: ['name', 'labels'],
  fault: ['mchid', 'kind'],
  rate_bucket: ['caller'],
  sweep_run: ['id'],
}
