import { isDefinedEndpoint } from '../log/log-fields.ts'
import { Refusal } from '../problem.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Refuses a GET of APIv2 that no definition has, and any HEAD. APIv2 takes the fields of a call from the query too, so that a GET moves
 * money as a POST does; but a GET is sent again after a failure, and stands in no audit trail. APIv3 has a method for each endpoint.
 * WeChat Pay has no HEAD at all.
 *
 * @param path with its API before it: `/v2/pay/orderquery`
 * @throws {Refusal} 405 `METHOD_NOT_ALLOWED`, with the methods that the definitions have, or those that the gateway sends
 * @example
 * ```ts
 * refuseOtherMethods('GET', '/v2/secapi/pay/refund') // throws
 * ```
 */
export function refuseOtherMethods(method: string, path: string): void {
  const isV2 = path.startsWith('/v2/')
  const isUndefinedGet = ['GET', 'HEAD'].includes(method) && isV2 && !isDefinedEndpoint('GET', path)
  if (method !== 'HEAD' && !isUndefinedGet) return
  const defined = METHODS.filter(one => isDefinedEndpoint(one, path))
  const allow = (defined.length > 0 ? defined : isV2 ? ['POST'] : METHODS).join(', ')
  throw new Refusal({
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    detail: isUndefinedGet
      ? `No definition has a GET of this path of APIv2. Send its fields in a body: ${allow}.`
      : `WeChat Pay has no HEAD. Send one of: ${allow}.`,
    headers: { Allow: allow },
  })
}

/** Fields that a POST of APIv2 has in its query by its definition: `/secapi/mch/submchmanage?action=add`. */
export const QUERY_OF_V2_POST: ReadonlySet<string> = new Set(['action'])

/**
 * Refuses a query of an APIv2 call that is not a GET, but for {@link QUERY_OF_V2_POST}. Its signature covers the body only, and so
 * does the cap of amounts, while WeChat Pay may read a field from either.
 *
 * @param path with its API before it: `/v2/pay/unifiedorder`
 * @throws {Refusal} 400 `QUERY_INVALID`
 */
export function refuseUnsignedQuery(method: string, path: string, query: URLSearchParams): void {
  if (method === 'GET' || !path.startsWith('/v2/')) return
  const unsigned = [...query.keys()].find(name => !QUERY_OF_V2_POST.has(name))
  if (unsigned === undefined) return
  throw new Refusal({
    status: 400,
    code: 'QUERY_INVALID',
    detail: `A ${method} of APIv2 has no field in its query, because its signature covers the body only. Send all fields in the body.`,
  })
}
