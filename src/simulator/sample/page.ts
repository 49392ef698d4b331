import type { Values } from '../catalogue/violation.ts'

/** The part of a list that a request asks for. */
export interface Page {
  readonly start: number
  readonly size: number
}

const SIZES = ['limit', 'page_size']
const STARTS = ['offset']
const NUMBERS = ['page_num', 'page_index', 'page_no', 'page']

const DEFAULT_SIZE = 20

/** Returns the page of a request, which has `offset` and `limit` or a page number; undefined if it has none of them. */
export function pageOf(request: Values): Page | undefined {
  const size = findNumber(request, SIZES)
  const start = findNumber(request, STARTS)
  const number = findNumber(request, NUMBERS)
  if (size === undefined && start === undefined && number === undefined) return undefined
  const pageSize = size || DEFAULT_SIZE
  return { start: start ?? (number ? number - 1 : 0) * pageSize, size: pageSize }
}

function findNumber(request: Values, names: readonly string[]): number | undefined {
  const numbers = names.map(name => (Object.hasOwn(request, name) ? Number(request[name]) : Number.NaN))
  return numbers.find(value => Number.isSafeInteger(value) && value >= 0)
}

/** Returns a request without its page, which all pages of a list have in common. */
export const withoutPage = (request: Values): Values =>
  Object.fromEntries(Object.entries(request).filter(([name]) => ![...SIZES, ...STARTS, ...NUMBERS].includes(name)))
