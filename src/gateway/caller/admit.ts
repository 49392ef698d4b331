import { safePathname } from '../caps/allow.ts'
import { callerLedger, type GatewayContext } from '../context.ts'
import { Refusal } from '../problem.ts'
import type { Caller } from './caller.ts'
import { refuseCrossSite, refuseOtherTypes } from './cross-site.ts'

/**
 * Lets a request in: who sends it is known, means to send it, may call this path, and not too often.
 *
 * @param known is told who it is before anything is refused to them: the log names them
 * @returns who it is
 * @throws {Refusal} 401 `UNAUTHENTICATED`, `TOKEN_EXPIRED`; 400 `PATH_INVALID`; 403 `FORBIDDEN`, `CROSS_SITE`;
 * 415 `CONTENT_TYPE_INVALID`; 429 `RATE_LIMITED`
 */
export async function admit(
  request: Request,
  pathname: string,
  context: GatewayContext,
  known?: (caller: Caller) => void,
): Promise<Caller> {
  refuseCrossSite(request, pathname, context)
  const caller = await context.authenticate(request)
  known?.(caller)
  const path = safePathname(pathname)
  if (!context.allows(caller, request.method, path))
    throw new Refusal({
      status: 403,
      code: 'FORBIDDEN',
      detail: `${caller.name} may not call ${request.method} ${path}. Add it to the "allow" of ${caller.name}, or ${otherCaller(caller)}.`,
    })
  refuseOtherMerchants(caller, path)
  refuseOtherTypes(request, path)
  if (!caller.rate) return caller
  const wait = await context.ledgerOf(callerLedger(caller.name)).takeToken(caller.name, caller.rate)
  if (wait === 0) return caller
  const { most, seconds } = caller.rate
  throw new Refusal({
    status: 429,
    code: 'RATE_LIMITED',
    detail: `${caller.name} may make ${most} calls within ${seconds} seconds. Come back later.`,
    headers: { 'Retry-After': String(Math.ceil(wait / 1000)) },
  })
}

/** Says how to be another caller: one that is named by a service binding has no token. */
const otherCaller = ({ credential }: Caller): string =>
  'binding' in credential
    ? 'name in the props of the service binding a caller that has it'
    : 'use the token of a caller that has it'

/** An operator's pages about one merchant; the others there are about all of them, and about the callers. */
const OPERATOR_PATH = /^\/(?:admin|metrics|healthz)(?:\/merchants\/([^/]+)\/|\/|$)/

/** A caller that is limited to some merchants sees and sets going nothing of the others, nor of the gateway as a whole. */
function refuseOtherMerchants({ name, merchants }: Caller, path: string): void {
  const page = OPERATOR_PATH.exec(path)
  if (!merchants || !page || (page[1] !== undefined && merchants.includes(page[1]))) return
  throw new Refusal({
    status: 403,
    code: 'FORBIDDEN',
    detail: `${name} may only look at its own merchants, below /admin/merchants/{mchid}/.`,
  })
}
