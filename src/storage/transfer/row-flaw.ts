import { isObject } from './columns.ts'
import type { Table } from './tables.ts'

/** The reason why a row cannot be imported. */
export interface RowFlaw {
  readonly detail: string
  /** A later version may write such a row. */
  readonly isOfNewer?: true
}

/** Finds out why a value is no row of a table, with exactly its columns and values that a gateway can work with. */
export function findFlaw({ name, columns }: Table, row: unknown): RowFlaw | undefined {
  if (!isObject(row)) return { detail: `has no row of ${name}` }
  if (Object.keys(row).some(column => !Object.hasOwn(columns, column)))
    return { detail: `has an unknown column of ${name}` }
  for (const [column, { accepts, description, isExtensible }] of Object.entries(columns)) {
    const value = row[column]
    if (Object.hasOwn(row, column) && accepts(value)) continue
    if (isExtensible && isWord(value))
      return { detail: `${column} of ${name} is ${value}, which this program does not know`, isOfNewer: true }
    return { detail: `${column} of ${name} must be ${description}` }
  }
  return undefined
}

const isWord = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{1,64}$/.test(value)
