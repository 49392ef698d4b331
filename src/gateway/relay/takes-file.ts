import { UPLOAD_RULES } from '../../flows/media/upload-rules.ts'
import { amountOf } from '../caller/amounts.ts'

const UPLOAD_PATHS = Object.keys(UPLOAD_RULES).map(path => new RegExp(`^/${path.replace(/\{\w+\}/g, '[^/]+')}$`))

/**
 * Tells whether a definition has an endpoint that takes a form with a file.
 *
 * @param path filled in, with its API: `/v3/merchant/media/upload`
 */
export const isUpload = (method: string, path: string): boolean =>
  method === 'POST' && UPLOAD_PATHS.some(pattern => pattern.test(path))

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
  if (isUpload(method, path)) return true
  const [api, defined] = path.startsWith('/v3/') ? (['v3', path] as const) : (['v2', path.slice('/v2'.length)] as const)
  return amountOf(api, method, defined, undefined) === 'unknown endpoint'
}
