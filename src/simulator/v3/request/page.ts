import { paramError } from '../refusal.ts'

/** Parameters of a query that asks for a page of a list. */
export type PageQuery = Readonly<{ offset?: string; limit?: string }> & Readonly<Record<string, string>>

/**
 * Returns a page of a list. `offset` is the number of the page (分页页码), from 0.
 *
 * @param limit default and maximum of the size of a page
 * @throws {V3Refusal} 400 `PARAM_ERROR`: a parameter is out of its range
 */
export function pageOfList<T>(
  list: readonly T[],
  query: PageQuery,
  limit: { readonly usual: number; readonly max: number },
): { items: readonly T[]; total_count: number; offset: number; limit: number } {
  const offset = Number(query.offset ?? 0)
  const size = query.limit === undefined ? limit.usual : Number(query.limit)
  if (offset < 0) throw outOfRange('offset', 'below 0', query.offset)
  if (size < 1 || size > limit.max) throw outOfRange('limit', `not from 1 to ${limit.max}`, query.limit)
  const items = list.slice(offset * size, (offset + 1) * size)
  return { items, total_count: list.length, offset, limit: size }
}

const outOfRange = (field: string, issue: string, value: unknown) =>
  paramError(`参数错误，${field}超出取值范围`, { field, issue, location: 'query', value })
