import type { ConfigurationError } from '../src/core/index.ts'
import { createAuthenticate } from '../src/gateway/caller/authenticate.ts'
import { TOKEN_HASH } from '../src/gateway/caller/token.ts'
import { isSet, listOf, textOf } from '../src/gateway/config/variables.ts'
import { createLog, GatewayConfigurationError } from '../src/gateway/index.ts'
import { problemOf, problemResponse } from '../src/gateway/problem.ts'
import type { Env } from './bindings.ts'

/**
 * Refuses a request because the configuration is missing or invalid. Anybody can send a request, so the response has only the names
 * of the variables: the problems themselves may name merchants and callers. They go to the log, and to requests that carry the
 * token of `GATEWAY_ADMIN_TOKEN`.
 */
export async function refuseUnconfigured(error: ConfigurationError, request: Request, env: Env): Promise<Response> {
  const whole = problemOf(error)
  if (whole.detail !== lastLogged) log.error('not configured', { code: whole.code, detail: whole.detail })
  lastLogged = whole.detail
  if (await isOperator(request, env)) return problemResponse(whole)
  return problemResponse({
    ...whole,
    detail: `The gateway is not configured. Check ${namesOf(error, env).join(', ')}. The log of the Worker has the details; so has the response to a request with the token of GATEWAY_ADMIN_TOKEN.`,
  })
}

/** The last problem that this isolate has logged: repeated requests must not fill the log. */
let lastLogged: string | undefined
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

/** Matches the merchant id in a name such as `WECHATPAY_1900000109_PRIVATE_KEY`. */
const MCHID = /\d{6,}/g

/** Lists the variables, each once, without the path inside: `GATEWAY_CONFIG` for `GATEWAY_CONFIG.callers[0].jwt.claims.email`. */
function namesOf(error: ConfigurationError, env: Env): string[] {
  const options =
    error instanceof GatewayConfigurationError ? error.problems.map(({ option }) => option) : [error.option]
  // SIMULATE may be the reason why the other variables are refused.
  if (isSet(env, 'SIMULATE')) options.push('SIMULATE')
  return [...new Set(options.map(option => option.replace(/[.[].*$/s, '').replace(MCHID, '{mchid}')))]
}
