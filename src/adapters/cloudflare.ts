import { type CertificateCache, ConfigurationError, type Wechatpay, type WechatpayOptions } from '../core/index.ts'
import { MAX_CERTIFICATE_AGE } from '../core/options.ts'
import { clientFrom } from './client.ts'
import { type Environment, optionsFrom as optionsFromTexts, VARIABLES } from './environment.ts'

export {
  type BindingCallFailure,
  type BindingCallOptions,
  type BindingCallResult,
  type BindingCallSuccess,
  type BindingMethod,
  type GatewayBinding,
  gatewayClient,
} from './gateway-binding.ts'

/** What a KV namespace is used for here. */
export interface KeyValueStore {
  get(key: string): Promise<string | null>
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
}

/** A Worker's environment: secrets, variables, and bindings. */
export interface CloudflareEnvironment extends Environment {
  /** The `mtls_certificates` binding, which presents the client certificate (双向证书). */
  WECHATPAY_MTLS?: { fetch: typeof fetch } | undefined
  /** The `kv_namespaces` binding that keeps platform certificates for every isolate, beside a public key too. */
  WECHATPAY_CERTIFICATES?: KeyValueStore | undefined
}

interface Held {
  readonly from: readonly unknown[]
  readonly client: Wechatpay
}

const held = new Map<string | undefined, Held>()

/**
 * The client of this isolate. Made once a merchant, so that keys are imported and certificates fetched once an isolate: the
 * same environment gives the same client, whether it comes as `env` or from `cloudflare:workers`. Needs no `nodejs_compat`.
 *
 * @param env what the Worker was called with
 * @param options in place of what the environment says
 * @throws {ConfigurationError} naming the variable, secret or binding that is missing or wrong
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/mtls/
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
export function wechatpay(env: CloudflareEnvironment, options: Partial<WechatpayOptions> = {}): Wechatpay {
  const { WECHATPAY_MCHID, WECHATPAY_MTLS: mtls, WECHATPAY_CERTIFICATES: store } = env
  const from = [...VARIABLES.map(name => env[name]), mtls, store, ...Object.entries(options).flat()]
  const last = held.get(WECHATPAY_MCHID)
  if (last?.from.length === from.length && last.from.every((value, at) => value === from[at])) return last.client
  const client = clientFrom({ ...optionsFrom(env), ...options })
  held.set(WECHATPAY_MCHID, { from, client })
  return client
}

/**
 * Reads a client's options from a Worker's environment: variables, secrets and bindings.
 *
 * @param env what the Worker was called with
 * @returns options, of which those that the environment does not give are absent
 * @throws {ConfigurationError} naming the variable, secret or binding that is wrong
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...optionsFrom(env), timeout: 5000 })
 * ```
 */
export function optionsFrom(env: CloudflareEnvironment): WechatpayOptions {
  const { WECHATPAY_MCHID, WECHATPAY_MTLS: mtls, WECHATPAY_CERTIFICATES: store } = env
  if (mtls) refuseOther(mtls, 'fetch', 'WECHATPAY_MTLS', 'mtls_certificates')
  if (store) refuseOther(store, 'put', 'WECHATPAY_CERTIFICATES', 'kv_namespaces')
  return {
    ...optionsFromTexts(env),
    ...(mtls && { mtlsFetch: ((input, init) => mtls.fetch(input, init)) as typeof fetch }),
    ...(store && { certificateCache: kvCache(store, `wechatpay-edge/certificates/${WECHATPAY_MCHID}`) }),
  }
}

/** A variable of that name is no binding. */
function refuseOther(binding: object, method: string, name: string, kind: string): void {
  if (typeof (binding as Record<string, unknown>)[method] !== 'function')
    throw new ConfigurationError('OPTION_INVALID', name, `no binding. Bind it under [[${kind}]] of wrangler.toml`)
}

/**
 * Keeps platform certificates in Workers KV, for 11 hours.
 *
 * @param store the namespace
 * @param key under which they are kept: one a merchant
 * @example
 * ```ts
 * new Wechatpay({ ...options, certificateCache: kvCache(env.CERTIFICATES, 'wechatpay') })
 * ```
 */
export function kvCache(store: KeyValueStore, key: string): CertificateCache {
  return {
    get: () => store.get(key),
    set: text => store.put(key, text, { expirationTtl: MAX_CERTIFICATE_AGE / 1000 }),
  }
}
