import { UPLOAD_RULES } from '../../flows/media/upload-rules.ts'
import { amountOf } from '../caps/amounts.ts'
import { MAX_JSON } from './input.ts'

const RULES = Object.entries(UPLOAD_RULES).map(([path, { maxBytes }]) => ({
  pattern: new RegExp(`^/${path.replace(/\{\w+\}/g, '[^/]+')}$`),
  maxBytes,
}))

/** Returns the most bytes that a file may have, where a definition has an endpoint that takes one. */
const maxFileBytes = (method: string, path: string): number | undefined =>
  method === 'POST' ? RULES.find(({ pattern }) => pattern.test(path))?.maxBytes : undefined

/** Bytes of a file that is held in memory: a video (视频), the largest that a page of WeChat Pay's allows. */
const MAX_HELD_FILE = 5 * 1024 * 1024
/** Bytes of a form beside its file: `meta`, and the heads of the parts. */
const FORM = 64 * 1024

/**
 * Returns how many bytes a form may have that is read whole. Its memory is a multiple of that. An endpoint that no definition has
 * gets no more than a call with JSON.
 *
 * @param path filled in, with its API: `/v3/merchant/media/upload`
 * @returns 0: the endpoint takes none
 * @example
 * ```ts
 * maxFormBytes('POST', '/v3/merchant/media/upload') // 2 MiB for the file, 64 KiB for the form
 * ```
 */
export function maxFormBytes(method: string, path: string): number {
  const max = maxFileBytes(method, path)
  if (max !== undefined) return Math.min(max, MAX_HELD_FILE) + FORM
  return takesFile(method, path) ? MAX_JSON : 0
}

/**
 * Tells whether an endpoint takes a form with a file. One that no definition has may.
 *
 * @param path filled in, with its API: `/v3/merchant/media/upload`
 * @example
 * ```ts
 * takesFile('POST', '/v3/refund/domestic/refunds') // false
 * ```
 */
export function takesFile(method: string, path: string): boolean {
  if (maxFileBytes(method, path) !== undefined) return true
  const [api, defined] = path.startsWith('/v3/') ? (['v3', path] as const) : (['v2', path.slice('/v2'.length)] as const)
  return amountOf(api, method, defined, undefined) === 'unknown endpoint'
}
