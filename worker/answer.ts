import { ConfigurationError } from '../src/core/index.ts'
import { problem, problemOf } from '../src/gateway/problem.ts'
import type { Env } from './bindings.ts'
import { asksForDemo, serveDemo } from './demo.ts'
import { gatewayOf } from './gateway.ts'
import { refuseUnconfigured } from './not-configured.ts'
import { limitNotifications } from './rate-limit.ts'

/** The parts of an invocation's context that are used. */
export interface Context {
  waitUntil(work: Promise<unknown>): void
  passThroughOnException(): void
  /** The properties of a service binding; empty for requests from outside. */
  readonly props?: unknown
}

/** Answers a request, from outside or by a service binding. A gateway that is not configured serves nobody, and names what is missing. */
export async function answer(request: Request, env: Env, context: Context): Promise<Response> {
  try {
    const refused = await limitNotifications(request, env)
    if (refused) return refused
    return await (asksForDemo(env) ? serveDemo(request, env, context) : gatewayOf(env).fetch(request, env, context))
  } catch (error) {
    if (error instanceof ConfigurationError) return refuseUnconfigured(error, request, env)
    return problem(problemOf(error))
  }
}
