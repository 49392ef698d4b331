import { CallError } from '../../core/index.ts'
import { isDefinedEndpoint } from '../log/log-fields.ts'
import { Refusal } from '../problem.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Refuses an APIv2 GET that no definition has, and any HEAD. APIv2 also reads the fields of a call from the query, so that a GET can move
 * money like a POST, but the gateway repeats a GET after a failure and does not audit it. APIv3 has a method for each endpoint. WeChat Pay
 * does not support HEAD.
 *
 * @param path beginning with its API: `/v2/pay/orderquery`
 * @throws {Refusal} 405 `METHOD_NOT_ALLOWED`, with the methods of the definitions, or else all methods of the gateway
 * @example
 * ```ts
 * refuseOtherMethods('GET', '/v2/secapi/pay/refund') // throws
 * ```
 */
export function refuseOtherMethods(method: string, path: string): void {
  const isV2 = path.startsWith('/v2/')
  const isUndefinedGet = ['GET', 'HEAD'].includes(method) && isV2 && !isDefinedEndpoint('GET', path)
  if (method !== 'HEAD' && !isUndefinedGet) return
  const defined = METHODS.filter(candidate => isDefinedEndpoint(candidate, path))
  const allow = (defined.length > 0 ? defined : isV2 ? ['POST'] : METHODS).join(', ')
  throw new Refusal({
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    detail: isUndefinedGet
      ? `No definition of APIv2 has a GET with this path. Send the fields in a body, by ${allow}.`
      : `WeChat Pay does not support HEAD. Use one of ${allow}.`,
    headers: { Allow: allow },
  })
}

/** Query parameters that an APIv2 POST has by its definition: `/secapi/mch/submchmanage?action=add`. */
export const QUERY_OF_V2_POST: ReadonlySet<string> = new Set(['action'])

/**
 * Refuses the query of an APIv2 call other than a GET, except for {@link QUERY_OF_V2_POST}. Both the signature and the check of amounts
 * cover the body only, but WeChat Pay may read a field from either.
 *
 * @param path beginning with its API: `/v2/pay/unifiedorder`
 * @throws {Refusal} 400 `QUERY_INVALID`
 */
export function refuseUnsignedQuery(method: string, path: string, query: URLSearchParams): void {
  if (method === 'GET' || !path.startsWith('/v2/')) return
  const unsigned = [...query.keys()].find(name => !QUERY_OF_V2_POST.has(name))
  if (unsigned === undefined) return
  throw new Refusal({
    status: 400,
    code: 'QUERY_INVALID',
    detail: `An APIv2 ${method} must not have fields in its query, because the signature covers the body only. Send all fields in the body.`,
  })
}

/**
 * Refuses a GET with a body, which has no meaning (RFC 9110, 9.3.1) and which `fetch` cannot send. The headers decide (RFC 9112, 6.3),
 * because a server may have dropped the body.
 *
 * @throws {CallError} `BODY_INVALID`
 */
export function refuseBodyOfGet(request: Pick<Request, 'method' | 'headers' | 'body'>): void {
  if (request.method !== 'GET') return
  // Proxies send an empty body in chunks, whose length no header tells.
  if (!request.body && !Number(request.headers.get('content-length') ?? 0)) return
  throw new CallError('BODY_INVALID', 'body', 'a GET has no body. Send its fields in the query')
}
