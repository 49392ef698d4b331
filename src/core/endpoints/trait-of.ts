import { accessPoints, table } from './generated/traits.ts'
import { readTraits, type TraitOf } from './trait-table.ts'

/**
 * What is special about an endpoint.
 *
 * @param path with placeholders, as a definition has it, or filled in, as a request has it; without query
 */
export const traitOf: TraitOf = readTraits(table, accessPoints)
