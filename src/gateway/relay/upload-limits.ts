import { apiOfPath } from '../../definitions/api-of-path.ts'
import { amountOf } from '../caps/amounts.ts'
import { largest, table } from '../generated/upload-sizes.ts'
import { readPaths } from '../path-table.ts'
import { MAX_JSON } from './input.ts'

const { find } = readPaths(table)

/** Returns the maximum size of a file for a defined endpoint; undefined if no definition has an upload with this path. */
function maxFileBytes(method: string, path: string): number | undefined {
  const found = find(method, path)
  // An endpoint whose page states no maximum gets the largest of all.
  return found && (Number(found.word) || largest)
}

/** Bytes of a form in addition to its file: `meta`, and the headers of the parts. */
const FORM_OVERHEAD = 64 * 1024

/**
 * Returns the maximum size of a form that is read as a whole, which uses a multiple of that in memory. For an endpoint that no definition
 * has, it is the same as for JSON.
 *
 * @param path with its API and with its parameters filled in: `/v3/merchant/media/upload`
 * @returns 0 if the endpoint accepts no file
 * @example
 * ```ts
 * maxFormBytes('POST', '/v3/merchant/media/upload') // 2 MiB for the file, 64 KiB for the form
 * ```
 */
export function maxFormBytes(method: string, path: string): number {
  const max = maxFileBytes(method, path)
  if (max !== undefined) return max + FORM_OVERHEAD
  return acceptsFile(method, path) ? MAX_JSON : 0
}

/**
 * Returns whether an endpoint accepts a form with a file. Returns true for an endpoint that no definition has.
 *
 * @param path with its API and with its parameters filled in: `/v3/merchant/media/upload`
 * @example
 * ```ts
 * acceptsFile('POST', '/v3/refund/domestic/refunds') // false
 * ```
 */
export function acceptsFile(method: string, path: string): boolean {
  if (maxFileBytes(method, path) !== undefined) return true
  const api = apiOfPath(path)
  const defined = api === 'v2' ? path.slice('/v2'.length) : path
  return amountOf(api, method, defined, undefined) === 'unknown endpoint'
}
