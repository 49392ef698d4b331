import type { ConfigurationError } from '../src/core/index.ts'
import { createAuthenticate } from '../src/gateway/caller/authenticate.ts'
import { TOKEN_HASH } from '../src/gateway/caller/token.ts'
import { isSet, listOf, textOf } from '../src/gateway/config/variables.ts'
import { createLog, GatewayConfigurationError } from '../src/gateway/index.ts'
import { problem, problemOf } from '../src/gateway/problem.ts'
import type { Env } from './bindings.ts'

/**
 * Answers a request where the configuration is missing or invalid. Anybody can send one, so the response has the names of the
 * variables only: what is wrong with them may name merchants and callers. That goes to the log, and to whoever shows the token
 * of `GATEWAY_ADMIN_TOKEN`.
 */
export async function refuseUnconfigured(error: ConfigurationError, request: Request, env: Env): Promise<Response> {
  const whole = problemOf(error)
  if (whole.detail !== logged) log.error('not configured', { code: whole.code, detail: whole.detail })
  logged = whole.detail
  if (await isOperator(request, env)) return problem(whole)
  return problem({
    ...whole,
    detail: `The gateway is not configured. Look at ${namesOf(error, env).join(', ')}. What is wrong stands in the log of the Worker; a request with the token of GATEWAY_ADMIN_TOKEN is told too.`,
  })
}

/** What this isolate has logged already: a stranger may ask as often as they like. */
let logged: string | undefined
// biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
const log = createLog({ level: 'warn', write: line => console.log(line) })

async function isOperator(request: Request, env: Env): Promise<boolean> {
  const tokens = listOf(textOf(env, 'GATEWAY_ADMIN_TOKEN')).filter(hash => TOKEN_HASH.test(hash.toLowerCase()))
  const authenticate = createAuthenticate([{ name: 'admin', credential: { tokens }, allow: [] }])
  return authenticate(request).then(
    () => true,
    () => false,
  )
}

/** A merchant id, wherever it stands in a name: `WECHATPAY_1900000109_PRIVATE_KEY`. */
const MCHID = /\d{6,}/g

/** Returns the variables, each once, without what they hold: `GATEWAY_CONFIG` for `GATEWAY_CONFIG.callers[0].jwt.claims.email`. */
function namesOf(error: ConfigurationError, env: Env): string[] {
  const options =
    error instanceof GatewayConfigurationError ? error.problems.map(({ option }) => option) : [error.option]
  // Whatever is wrong beside it may be wrong because of it.
  if (isSet(env, 'SIMULATE')) options.push('SIMULATE')
  return [...new Set(options.map(option => option.replace(/[.[].*$/s, '').replace(MCHID, '{mchid}')))]
}
