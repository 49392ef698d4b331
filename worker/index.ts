import { Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { type CloudflareEnvironment, wechatpay } from '../src/adapters/cloudflare.ts'
import { createGateway } from '../src/gateway/index.ts'
import { problem } from '../src/gateway/problem.ts'
import { demo } from './demo.ts'

/** Secrets and variables: `wrangler secret put WECHATPAY_PRIVATE_KEY`. Without any, WeChat Pay is simulated. */
export interface Env extends CloudflareEnvironment {
  /** What callers of the gateway show: `Authorization: Bearer …`. Demanded where real keys are configured. */
  GATEWAY_TOKEN?: string
}

const isDemo = (env: Env): boolean => !env.WECHATPAY_MCHID && !env.WECHATPAY_PRIVATE_KEY

const real = new Hono<{ Bindings: Env }>()
real.use(async (context, next) => {
  const token = context.env.GATEWAY_TOKEN
  // Whoever reaches an open gateway moves the merchant's money.
  if (!token)
    return problem({
      status: 500,
      code: 'OPTION_MISSING',
      detail: 'GATEWAY_TOKEN: a gateway with real keys needs a token that its callers show. Set one: wrangler secret put GATEWAY_TOKEN',
    })
  return bearerAuth({ token })(context, next)
})
real.route('/', createGateway({ wechatpay: ({ env }) => wechatpay(env) }))

export default {
  fetch: (request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> =>
    (isDemo(env) ? demo : real).fetch(request, env, context as never),
}

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
}
