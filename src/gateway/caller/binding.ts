import { Refusal } from '../problem.ts'
import type { Authenticate } from './authenticate.ts'
import type { Caller } from './caller.ts'

/**
 * The callers of requests that came over a service binding, as its props name them. A header could be forged, but props are set in the
 * deployment of the calling Worker, in the same account, and requests from outside have none.
 */
const callerNames = new WeakMap<Request, string>()

/**
 * Stores the caller that the props of a service binding name: `props = { caller = "shop" }`.
 *
 * @param props `ctx.props` of the invocation
 * @see https://developers.cloudflare.com/workers/runtime-apis/context/#props
 */
export function noteBinding(request: Request, props: unknown): void {
  if (typeof props !== 'object' || props === null || !('caller' in props)) return
  callerNames.set(request, String(props.caller))
}

/**
 * Creates a function that identifies a caller by the props of a service binding if there are any, and by credentials otherwise. Only
 * callers with `binding` in the configuration are admitted over a binding.
 *
 * @param authenticate identifies the caller of a request that did not come over a binding
 * @returns a function that throws a {@link Refusal} 403 `FORBIDDEN` for an unknown caller
 */
export function authenticateBinding(callers: readonly Caller[], authenticate: Authenticate): Authenticate {
  return async request => {
    const callerName = callerNames.get(request)
    if (callerName === undefined) return authenticate(request)
    const caller = callers.find(({ name, credential }) => name === callerName && 'binding' in credential)
    if (caller) return caller
    throw new Refusal({
      status: 403,
      code: 'FORBIDDEN',
      detail:
        'The props of this service binding name no caller that the gateway admits over a binding. Add it to GATEWAY_CONFIG: { "callers": [{ "name": "…", "binding": true, "allow": ["…"] }] }.',
    })
  }
}
