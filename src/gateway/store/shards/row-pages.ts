import type { Sql, SqlRow, SqlValue } from '../sql.ts'
import { TABLE_KEYS, type TableName } from '../table-keys.ts'

/** Rows of a table of a shard, in the order of their keys. */
export interface RowPage {
  /** The rows with all columns, and the numbers that the shard itself has. */
  readonly rows: readonly SqlRow[]
  /** The key after which the next page begins; null at the end of the table. */
  readonly next: readonly SqlValue[] | null
}

export interface RowPages {
  /**
   * Reads the rows of a table that follow a key, as many as a Durable Object and a Worker can hold: other calls wait meanwhile.
   *
   * @param after `next` of the page before
   */
  readRows(table: TableName, after?: readonly SqlValue[]): RowPage
}

/** Rows of a page. */
export const MAX_PAGE_ROWS = 500
/** Characters of a page, after which no rows are added. */
const MAX_PAGE_LENGTH = 2 ** 18
/**
 * Rows of a statement, which is the amount that a page may have above {@link MAX_PAGE_LENGTH}: a row of a Durable Object has at most
 * 2 MB, and RPC carries at most 32 MiB.
 *
 * @see https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const BATCH = 5

export const createRowPages = (sql: Pick<Sql, 'run'>): RowPages => ({
  readRows(table, after) {
    const key = TABLE_KEYS[table]
    const order = key.join(', ')
    const source = table === 'attempt' ? '(select rowid as number, * from attempt)' : table
    const rows: SqlRow[] = []
    let next = after
    let length = 0
    while (rows.length < MAX_PAGE_ROWS && length < MAX_PAGE_LENGTH) {
      const where = next ? `where (${order}) > (${key.map(() => '?').join(', ')})` : ''
      const batch = sql.run(`select * from ${source} ${where} order by ${order} limit ${BATCH}`, ...(next ?? []))
      rows.push(...batch)
      if (batch.length < BATCH) return { rows, next: null }
      length += batch.reduce((sum, row) => sum + lengthOf(row), 0)
      next = key.map(column => batch.at(-1)![column]!)
    }
    return { rows, next: next ?? null }
  },
})

const lengthOf = (row: SqlRow): number =>
  Object.values(row).reduce<number>((sum, value) => sum + String(value).length, 0)
