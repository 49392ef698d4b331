import { nearestPath } from '../../core/base/nearest-path.ts'
import type { GatewayContext } from '../context.ts'
import { definedEndpoints, isDefinedEndpoint } from '../log/log-fields.ts'
import { Refusal } from '../problem.ts'
import { identifyCaller } from '../session/identify.ts'
import { joinTrace } from '../trace/tracing.ts'
import type { Caller } from './caller.ts'
import { refuseCrossSite, refuseOtherTypes } from './cross-site.ts'

/**
 * Admits a request if it is not cross-site, its caller is known, the caller may call the path, and its rate limit is not exceeded.
 *
 * @param location `pathname` of the URL, percent-encoded, and the same path as `unambiguousPath` reads it
 * @param onCaller called with the caller once it is known, so that the log names it even if the request is refused
 * @returns the caller
 * @throws {Refusal} 401 `UNAUTHENTICATED`, `TOKEN_EXPIRED`, `SESSION_EXPIRED`; 403 `FORBIDDEN`, `CROSS_SITE`, `CSRF_TOKEN_INVALID`;
 * 415 `CONTENT_TYPE_INVALID`; 429 `RATE_LIMITED`
 */
export async function admit(
  request: Request,
  { pathname, path }: { readonly pathname: string; readonly path: string },
  context: GatewayContext,
  onCaller?: (caller: Caller) => void,
): Promise<Caller> {
  refuseCrossSite(request, pathname, context)
  const caller = await identifyCaller(request, pathname, context)
  joinTrace(request)
  onCaller?.(caller)
  if (!context.allows(caller, request.method, path))
    throw new Refusal({
      status: 403,
      code: 'FORBIDDEN',
      detail: `${caller.name} may not call ${request.method} ${path}. ${adviceOn(request.method, path)} it to the "allow" of ${caller.name}, or ${howToSwitch(caller)}.`,
    })
  refuseOtherMerchants(caller, path)
  refuseOtherTypes(request, path)
  if (!caller.rate) return caller
  const wait = await context.callerLedgerOf(caller.name).takeToken(caller.name, caller.rate)
  if (wait === 0) return caller
  const { max, seconds } = caller.rate
  throw new Refusal({
    status: 429,
    code: 'RATE_LIMITED',
    detail: `${caller.name} may make ${max} calls within ${seconds} seconds. Retry later.`,
    headers: { 'Retry-After': String(Math.ceil(wait / 1000)) },
  })
}

/** Begins the advice to allow an endpoint. Names the path that was probably meant by one that no definition has. */
function adviceOn(method: string, path: string): string {
  if (isDefinedEndpoint(method, path)) return 'Add'
  const near = nearestPath(
    path,
    definedEndpoints().flatMap(([of, defined]) => (of === method ? [defined] : [])),
  )
  return near === undefined ? 'Add' : `Is ${near} meant? If not, add`
}

/** Describes how to call as another caller: by a token, or by the props of a service binding. */
const howToSwitch = ({ credential }: Caller): string =>
  'binding' in credential
    ? 'name a caller that may in the props of the service binding'
    : 'use the token of a caller that may'

/** Matches the operator's pages, and captures the merchant of a page about a single merchant. */
const OPERATOR_PATH = /^\/(?:admin|metrics|healthz)(?:\/merchants\/([^/]+)\/|\/|$)/

/** Refuses the pages about other merchants and about the whole gateway to a caller that is limited to some merchants. */
function refuseOtherMerchants({ name, merchants }: Caller, path: string): void {
  const page = OPERATOR_PATH.exec(path)
  if (!merchants || !page || (page[1] !== undefined && merchants.includes(page[1]))) return
  throw new Refusal({
    status: 403,
    code: 'FORBIDDEN',
    detail: `${name} may access only its own merchants, under /admin/merchants/{mchid}/.`,
  })
}
