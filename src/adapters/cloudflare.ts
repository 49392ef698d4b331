import { Wechatpay } from '../core/index.ts'
import { type Environment, optionsFrom } from './environment.ts'

/** A Worker's environment: secrets, variables, and the `mtls_certificates` binding that presents the client certificate. */
export interface CloudflareEnvironment extends Environment {
  WECHATPAY_MTLS?: { fetch: typeof fetch } | undefined
}

const clients = new WeakMap<object, Wechatpay>()

/**
 * The client of this isolate. Made once, so that keys are imported and certificates fetched once an isolate.
 *
 * @param env what the Worker was called with
 * @throws {ConfigurationError} naming the option that is missing or wrong
 * @example
 * ```ts
 * export default {
 *   async fetch(request, env) {
 *     const { data } = await wechatpay(env).v3.certificates.get()
 *     return Response.json(data)
 *   },
 * }
 * ```
 */
export function wechatpay(env: CloudflareEnvironment): Wechatpay {
  const held = clients.get(env)
  if (held) return held
  const { WECHATPAY_MTLS: binding } = env
  const client = new Wechatpay({
    ...optionsFrom(env),
    ...(binding && { mtlsFetch: ((input, init) => binding.fetch(input, init)) as typeof fetch }),
  })
  clients.set(env, client)
  return client
}
