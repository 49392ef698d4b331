import { accessPoints, table } from './generated/traits.ts'
import { readTraits, type TraitOf } from './trait-table.ts'

/**
 * Returns the traits of an endpoint.
 *
 * @param path without query; with the placeholders of its definition, or filled in
 */
export const traitOf: TraitOf = readTraits(table, accessPoints)
