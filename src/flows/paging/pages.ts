import { CallError } from '../../core/base/errors.ts'
import { stringifyJson } from '../../core/codec/json.ts'
import { LIST_FIELDS, PAGINATIONS } from './listings.ts'
import type { Pagination } from './pagination.ts'
import type { ItemOf, Pageable, PageOf, PagesArguments } from './types.ts'

/**
 * Iterates over a list, item by item, however its endpoint pages. Requests the next page only when it is needed, and
 * stops at the end: when the total is reached, or a page is short, empty or a repetition, or the token is missing or
 * repeated.
 *
 * If the list changes during the iteration, pages shift, and items may be missed or repeated. Restrict the query to
 * data that no longer changes, such as a past period.
 *
 * @param endpoint the path up to the verb: `wxpay.v3.merchantService.complaintsV2`
 * @param options options of its `get`. `params.limit` (`page_size`, `count`) is the size of a page; `params.offset`
 * (`page_index`, `page_token`) is where to begin. `signal` ends the iteration at the next page
 * @throws {CallError} `PATH_PARAMETER_INVALID`: the endpoint does not return a list in pages
 * @throws {TransportError | ServiceError | SignatureError} a call failed
 * @example
 * ```ts
 * const params = { begin_date: '2026-01-01', end_date: '2026-01-30' }
 * for await (const complaint of pages(wxpay.v3.merchantService.complaintsV2, { params }))
 *   console.log(complaint.complaint_id)
 * ```
 */
export async function* pages<Endpoint extends Pageable>(
  endpoint: Endpoint,
  ...options: PagesArguments<Endpoint>
): AsyncGenerator<ItemOf<Endpoint>, void, undefined> {
  for await (const page of pagesOf(endpoint, ...options)) yield* itemsOf(page) as ItemOf<Endpoint>[]
}

/**
 * Iterates like {@link pages}, but page by page. Yields whole responses, with their other fields; yields the first page
 * even if it is empty.
 *
 * @param endpoint the path up to the verb
 * @param options options of its `get`, as for {@link pages}
 * @throws {CallError} `PATH_PARAMETER_INVALID`: the endpoint does not return a list in pages
 * @example
 * ```ts
 * for await (const { total_count, data } of pagesOf(wxpay.v3.merchantService.complaintsV2, { params })) console.log(total_count)
 * ```
 */
export async function* pagesOf<Endpoint extends Pageable>(
  endpoint: Endpoint,
  ...[options]: PagesArguments<Endpoint>
): AsyncGenerator<PageOf<Endpoint>, void, undefined> {
  const pagination = paginationOf(endpoint)
  const { params, ...rest } = (options ?? {}) as { params?: Record<string, unknown> }
  const cursor = createCursor(pagination, params)
  let previous: readonly unknown[] = []
  for (;;) {
    const at = cursor.value === undefined ? {} : { [pagination.position]: cursor.value }
    const { data } = await endpoint.get({ ...rest, params: { ...params, ...at } })
    const page = Object(data) as Page
    const list = itemsOf(page)
    if (cursor.restartsByItems(previous, list)) continue
    if (previous.length > 0 && (list.length === 0 || isRepeated(previous, list))) return
    yield data
    if (!cursor.advance(page, list)) return
    previous = list
  }
}

type Page = Readonly<Record<string, unknown>>

/** @throws {CallError} `PATH_PARAMETER_INVALID` */
function paginationOf(endpoint: Pageable): Pagination {
  const path = String(endpoint).replace(/(?<=\/)(?:_(\w+)_|\$(\w+)\$)(?=\/|$)/g, '{$1$2}')
  const pagination = PAGINATIONS.get(path)
  if (!pagination) throw new CallError('PATH_PARAMETER_INVALID', path, 'does not return a list in pages. Call .get(…)')
  return pagination
}

function itemsOf(page: Page): readonly unknown[] {
  const name = LIST_FIELDS.find(name => Array.isArray(page[name]))
  return name ? (page[name] as readonly unknown[]) : []
}

/**
 * Returns whether a page is repeated, which means that the service ignores the position. Single items may be
 * equal by chance.
 */
const isRepeated = (before: readonly unknown[], list: readonly unknown[]): boolean =>
  list.length > 1 && textOf(list) === textOf(before)

const textOf = (list: readonly unknown[]): string => stringifyJson(list)

/** The position of the next page. */
interface Cursor {
  /** Value of the position parameter; undefined to omit it. */
  value: unknown
  /**
   * If a page shows that the position counts items after all, moves there and returns true; the page must be requested
   * again.
   */
  restartsByItems(before: readonly unknown[], list: readonly unknown[]): boolean
  /** Moves past a page and returns whether there are more. */
  advance(page: Page, list: readonly unknown[]): boolean
}

function createCursor(pagination: Pagination, params: Page = {}): Cursor {
  return pagination.unit === 'token' ? tokenCursor(pagination, params) : countedCursor(pagination, params)
}

function tokenCursor({ position, next }: Pagination, params: Page): Cursor {
  const seen = new Set<unknown>([params[position]])
  return {
    value: params[position],
    restartsByItems: () => false,
    advance(page) {
      const token = page[next!]
      if (!token || seen.has(token)) return false
      seen.add(token)
      this.value = token
      return true
    },
  }
}

const integer = (value: unknown): number | undefined =>
  value !== undefined && value !== '' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined

function countedCursor({ position, unit, size: sizeName, total: totalName }: Pagination, params: Page): Cursor {
  const begin = integer(params[position])
  const asked = integer(params[sizeName])
  let isItems = unit === 'items'
  /** Number of items before the position; NaN if unknown. */
  let offset = isItems ? (begin ?? 0) : begin ? begin * (asked ?? Number.NaN) : 0
  /** Number of items of the whole list. Some endpoints tell it on the first page only. */
  let total: number | undefined
  const cursor: Cursor = {
    // If undefined, the response tells the number of the first page.
    value: begin ?? (unit === 'pages' ? undefined : 0),
    restartsByItems(before, list) {
      if (unit !== 'either' || isItems || before.length < 2 || list.length === 0) return false
      const overlap = before.slice(1, 1 + list.length)
      if (textOf(overlap) !== textOf(list.slice(0, overlap.length))) return false
      isItems = true
      offset = (begin ?? 0) + before.length
      cursor.value = offset
      return true
    },
    advance(page, list) {
      offset += list.length
      total = (totalName !== undefined && integer(page[totalName])) || total
      const size = asked ?? integer(page[sizeName])
      if (list.length === 0) return false
      if (total !== undefined && offset >= total) return false
      if ((total === undefined || Number.isNaN(offset)) && size !== undefined && list.length < size) return false
      cursor.value = isItems ? offset : (integer(cursor.value) ?? integer(page[position]) ?? 1) + 1
      return true
    },
  }
  return cursor
}
