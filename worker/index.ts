import { type ExecutionContext, Hono } from 'hono'
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

/** Only where nothing at all is configured: a misspelt secret must not turn a shop into a simulation. */
const isDemo = (env: Env): boolean => !Object.keys(env).some(name => /^(WECHATPAY|GATEWAY)_/.test(name))

/** Whoever reaches an open gateway moves the merchant's money: with real keys it opens only to who shows the token. */
const real: Hono<{ Bindings: Env }> = new Hono<{ Bindings: Env }>()
const gateway = createGateway({ wechatpay: ({ env }) => wechatpay(env) })
real.use(async (context, next) => {
  const token = context.env.GATEWAY_TOKEN
  if (token) return bearerAuth<{ Bindings: Env }>({ token })(context, next)
  return problem({
    status: 500,
    code: 'OPTION_MISSING',
    detail:
      'GATEWAY_TOKEN: a gateway with real keys needs a token that its callers show. Set one: npx wrangler secret put GATEWAY_TOKEN',
  })
})
real.all('*', ({ req, env }) => gateway.fetch(req.raw, env))

export default {
  fetch: (request: Request, env: Env, context?: ExecutionContext): Response | Promise<Response> =>
    (isDemo(env) ? demo : real).fetch(request, env, context),
}
