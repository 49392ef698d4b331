import { stringifyJson } from '../../core/codec/json.ts'
import { CallError } from '../../core/errors.ts'
import { LIST_FIELDS, PAGINATIONS, type Pagination } from './listings.ts'
import type { ItemOf, Pageable, PageOf, PagesArguments } from './types.ts'

/**
 * Goes through a list, item by item, whichever way its endpoint pages. The next page is asked for when it is needed, and none
 * beyond the end: the total, a page that is not full, one that is empty or that repeats the one before, a token that is
 * missing or repeated.
 *
 * A service whose list grows or shrinks meanwhile shifts the pages: items may be missed or come twice. Narrow the query to
 * what no longer changes, a period that is over.
 *
 * @param endpoint as far as its verb: `wxpay.v3.merchantService.complaintsV2`
 * @param options what its `get` takes. `params.limit` (`page_size`, `count`) is passed on, and left to the service where it
 * may be; `params.offset` (`page_index`, `page_token`) says where to begin. `signal` ends the iteration at the next page
 * @throws {CallError} the endpoint has no pages
 * @throws whatever its `get` throws
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
 * {@link pages}, page by page: each is the whole answer, with what it says beside the list. The first comes even if it is
 * empty.
 *
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
  if (!pagination) throw new CallError('PATH_PARAMETER_INVALID', path, 'no list that comes in pages. Call .get(…)')
  return pagination
}

function itemsOf(page: Page): readonly unknown[] {
  const name = LIST_FIELDS.find(name => Array.isArray(page[name]))
  return name ? (page[name] as readonly unknown[]) : []
}

/** Two items may be alike; two pages of them are one page, twice: the service takes no notice of the position. */
const isRepeated = (before: readonly unknown[], list: readonly unknown[]): boolean =>
  list.length > 1 && textOf(list) === textOf(before)

const textOf = (list: readonly unknown[]): string => stringifyJson(list)

/** Where the next page begins. */
interface Cursor {
  /** The value of the parameter; undefined leaves it out. */
  value: unknown
  /** Whether a page shows that the position counts items after all: it is moved there, and the page is asked for anew. */
  restartsByItems(before: readonly unknown[], list: readonly unknown[]): boolean
  /** Moves behind a page. @returns whether there is more */
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
  /** How many items there are before this place; not a number where nobody can tell. */
  let offset = isItems ? (begin ?? 0) : begin ? begin * (asked ?? Number.NaN) : 0
  const cursor: Cursor = {
    // Where a page's number begins, the answer says.
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
      const total = totalName === undefined ? undefined : integer(page[totalName])
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
