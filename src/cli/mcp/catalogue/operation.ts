import type { FieldRow } from './fields.ts'
import type { Operation } from './openapi.ts'

/** Maximum number of official pages. An operation has one per product, most of them alike. */
const MAX_PAGES = 4
/** Maximum rows of one message. */
const MAX_ROWS = 150

/** Returns the official pages of an operation, the first of them its own. */
export const officialPages = (operation: Operation): string[] =>
  [operation.externalDocs?.url, ...(operation['x-docs'] ?? [])].filter(page => page !== undefined).slice(0, MAX_PAGES)

/** Returns the rows of a message; of a large one, the first, and how to ask for the others. */
export function boundRows(rows: readonly FieldRow[]): object {
  if (rows.length <= MAX_ROWS) return rows
  const parts = [...new Set(rows.map(({ name }) => name.split(/[.[]/)[0]))].slice(0, 40)
  return {
    fields: rows.slice(0, MAX_ROWS),
    cut: `${rows.length - MAX_ROWS} more fields. Ask with "within" for a part: ${parts.join(', ')}.`,
  }
}
