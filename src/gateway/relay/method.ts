import { isDefinedEndpoint } from '../log/log-fields.ts'
import { Refusal } from '../problem.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Refuses a GET of APIv2 that no definition has. APIv2 takes the fields of a call from the query too, so that a GET moves money
 * as a POST does; but a GET is sent again after a failure, and stands in no audit trail. APIv3 has a method for each endpoint.
 *
 * @param path with its API before it: `/v2/pay/orderquery`
 * @throws {Refusal} 405 `METHOD_NOT_ALLOWED`, with the methods that the definitions have, or POST
 * @example
 * ```ts
 * refuseUndefinedGet('GET', '/v2/secapi/pay/refund') // throws
 * ```
 */
export function refuseUndefinedGet(method: string, path: string): void {
  const isGet = method === 'GET' || method === 'HEAD'
  if (!isGet || !path.startsWith('/v2/') || isDefinedEndpoint('GET', path)) return
  const defined = METHODS.filter(one => isDefinedEndpoint(one, path))
  const allow = defined.length > 0 ? defined.join(', ') : 'POST'
  throw new Refusal({
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    detail: `No definition has a GET of this path of APIv2. Send its fields in a body: ${allow}.`,
    headers: { Allow: allow },
  })
}
