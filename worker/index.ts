import type { Job } from '../src/gateway/index.ts'
import { problem, problemOf } from '../src/gateway/problem.ts'
import type { Env, MessageBatch } from './bindings.ts'
import { demoGateway, serveDemo } from './demo.ts'
import { gatewayOf } from './gateway.ts'
import { consume } from './outbox.ts'

export type { Env } from './bindings.ts'
export { LedgerObject } from './ledger.ts'

interface Context {
  waitUntil(work: Promise<unknown>): void
  passThroughOnException(): void
}

/** Only where nothing at all is configured: a misspelt secret must not turn a shop into a simulation. */
const isDemo = (env: Env): boolean =>
  !Object.entries(env).some(([name, value]) => typeof value === 'string' && /^(WECHATPAY|GATEWAY)_/.test(name))

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    if (isDemo(env)) return serveDemo(request, env, context)
    try {
      return await gatewayOf(env).fetch(request, env, context)
    } catch (error) {
      // A gateway that is not configured serves nobody, and names what is missing.
      return problem(problemOf(error))
    }
  },

  /** Deliveries; and those that were brought too often. */
  async queue(batch: MessageBatch<Job>, env: Env): Promise<void> {
    await consume(batch, isDemo(env) ? await demoGateway(env) : gatewayOf(env))
  },

  /** Once a minute. */
  async scheduled(_controller: unknown, env: Env): Promise<void> {
    const gateway = isDemo(env) ? await demoGateway(env) : gatewayOf(env)
    await gateway.sweep()
    await gateway.flushed()
  },
}
