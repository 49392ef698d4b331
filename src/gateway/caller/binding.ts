import { Refusal } from '../problem.ts'
import type { Authenticate } from './authenticate.ts'
import type { Caller } from './caller.ts'

/**
 * Requests that came by a service binding of Cloudflare's, and the caller that its props name. A header could be forged; props
 * are set by whoever deploys the calling Worker, in the same account, and no request from outside has any.
 */
const names = new WeakMap<Request, string>()

/**
 * Notes the caller that the props of a service binding name: `props = { caller = "shop" }`.
 *
 * @param props `ctx.props` of the invocation
 * @see https://developers.cloudflare.com/workers/runtime-apis/context/#props
 */
export function noteBinding(request: Request, props: unknown): void {
  if (typeof props !== 'object' || props === null || !('caller' in props)) return
  names.set(request, String(props.caller))
}

/**
 * Makes what tells who calls: by the props of a service binding where there are any, by credentials otherwise. Only a caller
 * that the gateway's configuration opens to bindings is admitted by one.
 *
 * @param otherwise tells who calls without a binding
 * @returns gives the caller, or throws a {@link Refusal} 403 `FORBIDDEN`
 */
export function authenticateBinding(callers: readonly Caller[], otherwise: Authenticate): Authenticate {
  return async request => {
    const name = names.get(request)
    if (name === undefined) return otherwise(request)
    const caller = callers.find(one => 'binding' in one.credential && one.name === name)
    if (caller) return caller
    throw new Refusal({
      status: 403,
      code: 'FORBIDDEN',
      detail:
        'The props of this service binding name no caller that the gateway admits by binding. Add it to GATEWAY_CONFIG: { "callers": [{ "name": "…", "binding": true, "allow": ["…"] }] }.',
    })
  }
}
