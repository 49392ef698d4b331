import type { Refusal } from '../problem.ts'
import { joinedPlacesIn } from '../store/shards/joined-list.ts'
import { type ListPage, PAGE_PLACES } from '../store/shards/merged-list.ts'
import { invalid } from './query.ts'
import type { Query } from './route.ts'

/** Rows of a list if the query has no `limit`. */
const DEFAULT_ROWS = 50
export const MAX_ROWS = 500
/** The query parameters that select a page of a list. */
export const PAGING: readonly string[] = ['before', 'limit']

/** @throws {Refusal} 400 `QUERY_INVALID` */
export function pageOf(query: Query): ListPage {
  const { before } = query
  if (before !== undefined && !PAGE_PLACES.test(before)) throw invalidBefore()
  return { limit: limitOf(query), before }
}

/**
 * Returns the page of a list that several ledgers have together.
 *
 * @throws {Refusal} 400 `QUERY_INVALID`
 */
export function joinedPageOf(query: Query): { limit: number; places: ReadonlyMap<string, string> | undefined } {
  const { before } = query
  const places = before === undefined ? undefined : joinedPlacesIn(before)
  if (before !== undefined && !places) throw invalidBefore()
  return { limit: limitOf(query), places }
}

function limitOf({ limit = String(DEFAULT_ROWS) }: Query): number {
  if (/^\d+$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MAX_ROWS) return Number(limit)
  throw invalid(`limit must be a number from 1 to ${MAX_ROWS}.`)
}

const invalidBefore = (): Refusal => invalid('before must be the "next" of the previous page.')

/** Creates a page of a list that ends with the first page that is not full. */
export const listOf = <Row>(
  rows: readonly Row[],
  limit: number,
  place: (row: Row) => number,
): { rows: readonly Row[]; next: number | null } => ({
  rows,
  next: rows.length < limit ? null : place(rows.at(-1)!),
})
