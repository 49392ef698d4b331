import { fieldsOf } from '../fields.ts'
import { numbers, table } from '../generated/idempotence.ts'
import { readPaths } from '../path-table.ts'

const { find } = readPaths(table)

/**
 * Tells whether a call has, sent twice, the effect of one call, by its definition (幂等): it changes nothing, or its body has the
 * number by which WeChat Pay knows it. Of an endpoint that no definition has nobody knows.
 *
 * @param path filled in, with its API: `/v3/…`, `/v2/…`
 * @example
 * ```ts
 * mayBeSentTwice('POST', '/v3/refund/domestic/refunds', { out_refund_no: 'R1' }) // true
 * mayBeSentTwice('POST', '/v3/merchant-service/complaints-v2/1/response', {}) // false
 * ```
 */
export function mayBeSentTwice(method: string, path: string, body: unknown): boolean {
  const found = find(method, path)
  const number = found && numbers[Number(found.word)]
  return number === '' || (number !== undefined && Boolean(fieldsOf(body)[number]))
}
