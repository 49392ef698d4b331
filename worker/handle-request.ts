import { ConfigurationError } from '../src/core/index.ts'
import type { ExecutionContextLike } from '../src/gateway/index.ts'
import { problemOf, problemResponse } from '../src/gateway/problem.ts'
import type { Env } from './bindings.ts'
import { isDemoRequested, serveDemo } from './demo.ts'
import { gatewayOf } from './gateway.ts'
import { isImportMode, serveImport } from './import-mode.ts'
import { endAtLength } from './incoming-body.ts'
import { refuseUnconfigured } from './not-configured.ts'
import { limitNotifications } from './rate-limit.ts'

/** Handles a request that comes over the internet or a service binding. Refuses all requests until the gateway is configured. */
export async function handleRequest(request: Request, env: Env, context: ExecutionContextLike): Promise<Response> {
  try {
    const refused = await limitNotifications(request, env)
    if (refused) return refused
    if (isImportMode(env)) return await serveImport(request, env)
    return await (isDemoRequested(env)
      ? serveDemo(request, env, context)
      : gatewayOf(env).fetch(endAtLength(request), env, context))
  } catch (error) {
    if (error instanceof ConfigurationError) return refuseUnconfigured(error, request, env)
    return problemResponse(problemOf(error))
  }
}
