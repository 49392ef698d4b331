import type { Values } from '../catalogue/violation.ts'

/** Which part of a list is asked for. */
export interface Page {
  readonly start: number
  readonly size: number
}

const SIZES = ['limit', 'page_size']
const STARTS = ['offset']
const NUMBERS = ['page_num', 'page_index', 'page_no', 'page']

/** By `offset` and `limit`, or by page; undefined where the request knows no pages. */
export function pageOf(request: Values): Page | undefined {
  const [size, start, page] = [SIZES, STARTS, NUMBERS].map(names => numberOf(request, names))
  if (size === undefined && start === undefined && page === undefined) return undefined
  const most = size || 20
  return { start: start ?? (page ? page - 1 : 0) * most, size: most }
}

function numberOf(request: Values, names: readonly string[]): number | undefined {
  const given = names.map(name => (Object.hasOwn(request, name) ? Number(request[name]) : Number.NaN))
  return given.find(value => Number.isSafeInteger(value) && value >= 0)
}

/** The request but for the page: what a list is drawn from, whichever part of it is shown. */
export const withoutPage = (request: Values): Values =>
  Object.fromEntries(Object.entries(request).filter(([name]) => ![...SIZES, ...STARTS, ...NUMBERS].includes(name)))
