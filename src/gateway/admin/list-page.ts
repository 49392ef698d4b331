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
  const { limit = String(DEFAULT_ROWS), before } = query
  if (!/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_ROWS)
    throw invalid(`limit must be a number from 1 to ${MAX_ROWS}.`)
  if (before !== undefined && !PAGE_PLACES.test(before))
    throw invalid('before must be the "next" of the previous page.')
  return { limit: Number(limit), before }
}

/** Creates a page of a list that ends with the first page that is not full. */
export const listOf = <Row>(
  rows: readonly Row[],
  limit: number,
  place: (row: Row) => number,
): { rows: readonly Row[]; next: number | null } => ({
  rows,
  next: rows.length < limit ? null : place(rows.at(-1)!),
})
