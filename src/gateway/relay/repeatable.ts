import { fieldsOf } from '../fields.ts'
import { numbers, table } from '../generated/idempotence.ts'
import { readPaths } from '../path-table.ts'

const { find } = readPaths(table)

/**
 * Returns whether a call is idempotent (幂等) by its definition: it changes nothing, or its body has the number by which WeChat Pay
 * recognises a repetition. Returns false for an endpoint that no definition has.
 *
 * @param path with its API and with its parameters filled in: `/v3/…`, `/v2/…`
 * @example
 * ```ts
 * isIdempotent('POST', '/v3/refund/domestic/refunds', { out_refund_no: 'R1' }) // true
 * isIdempotent('POST', '/v3/merchant-service/complaints-v2/1/response', {}) // false
 * ```
 */
export function isIdempotent(method: string, path: string, body: unknown): boolean {
  const found = find(method, path)
  const number = found && numbers[Number(found.word)]
  return number === '' || (number !== undefined && Boolean(fieldsOf(body)[number]))
}
