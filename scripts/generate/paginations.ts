import type { Pagination } from '../../src/flows/paging/pagination.ts'
import type { Endpoint } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import { pathName, quoted } from './names.ts'
import type { Document, Parameter } from './openapi.ts'
import { DefinitionError } from './source.ts'

const POSITION = /^(?:offset|page_index|page_token)$/
const SIZE = /^(?:limit|count|page_size)$/
/** Response fields with the total. */
const TOTAL = /^(?:total_count|total_num)$/
const NEXT = 'next_page_token'

/** Writes `paginations.ts`: how the lists of APIv3 page, each way with the paths of its endpoints. */
export function writePaginations(document: Document, endpoints: readonly Endpoint[]): string {
  const paths = new Map<string, string[]>()
  for (const endpoint of endpoints) {
    const pagination = paginationOf(document, endpoint)
    if (!pagination) continue
    const key = JSON.stringify(pagination)
    paths.set(key, [...(paths.get(key) ?? []), pathName(endpoint)])
  }
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { Pagination } from '../paging/pagination.ts'",
    '',
    '/** The ways of paging, each with the paths of its endpoints, separated by spaces. */',
    'export const pathsByPagination: readonly (readonly [pagination: Pagination, paths: string])[] = [',
    ...Array.from(paths, ([pagination, list]) => `  [${pagination}, ${quoted(list.join(' '))}],`),
    ']',
    '',
  ].join('\n')
}

/** Returns how an endpoint pages; undefined if it does not, or is not a GET. */
function paginationOf(
  document: Document,
  { method, path, operation, query, response }: Endpoint,
): Pagination | undefined {
  const position = query.find(({ name }) => POSITION.test(name))
  const size = query.find(({ name }) => SIZE.test(name))
  if (method !== 'GET' || (!position && !size)) return undefined
  if (!position || !size)
    throw new DefinitionError([`GET ${path} has only one of the two parameters that select a page`])
  const fields = [...fieldsOf(document, response.schema)].map(([name]) => name)
  const common = { position: position.name, unit: unitOf(position), size: size.name }
  // Pages with a token end when there is no further token.
  if (common.unit === 'token') return { ...common, next: requireField(NEXT) }
  const total = operation['x-unfiltered-total'] ? undefined : fields.find(name => TOTAL.test(name))
  return total === undefined ? common : { ...common, total }

  function requireField(name: string): string {
    if (fields.includes(name)) return name
    throw new DefinitionError([`the response of GET ${path} has no "${name}"`])
  }
}

/**
 * The documentation calls some offsets 分页页码 (页码从0开始), but the page of brand/partner/card-member/cards was changed to
 * 分页开始位置，offset=10，表示从第11条记录开始. The responses decide which one applies.
 */
function unitOf({ name, description }: Parameter): Pagination['unit'] {
  if (name === 'page_token') return 'token'
  if (name === 'page_index') return 'pages'
  return description === '分页页码' ? 'either' : 'items'
}
