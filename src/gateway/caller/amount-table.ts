import { readPaths } from '../path-table.ts'

/** The fields of an endpoint's body that hold money, dotted; undefined: nobody has defined such an endpoint. */
export type FieldsOf = (method: string, path: string) => readonly string[] | undefined

/** What stands in the place of fields when the body does not tell how much a call moves. */
export const UNKNOWN = '?'

/**
 * Makes what finds an endpoint's fields of a table.
 *
 * @param table of paths; an endpoint's word is its number among `sets`
 * @param sets lists of fields, with commas
 */
export function readAmounts(table: string, sets: readonly string[]): FieldsOf {
  const { find } = readPaths(table)
  return (method, path) => {
    const found = find(method, path)
    return found && sets[Number(found.word)]!.split(',').filter(Boolean)
  }
}
