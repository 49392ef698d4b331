import {
  type CertificateCache,
  ConfigurationError,
  type Signer,
  type Wechatpay,
  type WechatpayOptions,
} from '../core/index.ts'
import { MAX_CERTIFICATE_AGE } from '../core/options/options.ts'
import { clientFrom } from './client.ts'
import { type Environment, OPTIONS, optionsFrom as optionsFromTexts, VARIABLES } from './environment.ts'
import { withAdvice } from './missing-variable.ts'

export {
  type BindingCallFailure,
  type BindingCallOptions,
  type BindingCallResult,
  type BindingCallSuccess,
  type BindingMethod,
  type GatewayBinding,
  gatewayClient,
} from './gateway-binding.ts'

/** The part of a KV namespace that this adapter uses. */
export interface KeyValueStore {
  get(key: string): Promise<string | null>
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
}

/** A Worker's environment: secrets, variables, and bindings. */
export interface CloudflareEnvironment extends Environment {
  /** The `mtls_certificates` binding, which presents the client certificate (双向证书). */
  WECHATPAY_MTLS?: { fetch: typeof fetch } | undefined
  /**
   * The `kv_namespaces` binding that stores platform certificates for all isolates; useful in addition to a public key
   * too.
   */
  WECHATPAY_CERTIFICATES?: KeyValueStore | undefined
  /**
   * The `services` binding to a Worker that holds the private key, in place of `WECHATPAY_PRIVATE_KEY`. Its entrypoint
   * (`WorkerEntrypoint`) has the methods `sign` and `decrypt` of a {@link Signer}.
   */
  WECHATPAY_SIGNER?: Required<Pick<Signer, 'sign' | 'decrypt'>> | undefined
}

/** A client, and the values it was created from. */
interface CachedClient {
  readonly values: readonly unknown[]
  readonly client: Wechatpay
}

const cachedClients = new Map<string | undefined, CachedClient>()

/**
 * Returns the client of this isolate, created once per merchant or brand, so that each isolate imports keys and downloads
 * certificates once. The same environment returns the same client, whether it is passed as `env` or comes from
 * `cloudflare:workers`. Does not require `nodejs_compat`.
 *
 * @param env the environment of the Worker
 * @param options override the environment
 * @throws {ConfigurationError} names the variable, secret or binding that is missing or wrong
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
  requireEnvironment(env)
  const { WECHATPAY_MCHID, WECHATPAY_MTLS: mtls, WECHATPAY_CERTIFICATES: store, WECHATPAY_SIGNER: signer } = env
  const values = [...VARIABLES.map(name => env[name]), mtls, store, signer, ...Object.entries(options).flat()]
  const account = WECHATPAY_MCHID ?? env.WECHATPAY_BRAND_ID
  const cached = cachedClients.get(account)
  if (cached?.values.length === values.length && cached.values.every((value, at) => value === values[at]))
    return cached.client
  try {
    const given = { ...optionsFrom(env), ...options }
    refuseFiles(env, given)
    const client = clientFrom(given)
    cachedClients.set(account, { values, client })
    return client
  } catch (error) {
    throw withAdvice(error, 'A Worker has it from .dev.vars (wrangler dev) or as a secret (wrangler secret put)')
  }
}

/** @throws {ConfigurationError} */
function requireEnvironment(env: CloudflareEnvironment): void {
  if (Object(env) !== env)
    throw new ConfigurationError(
      'OPTION_MISSING',
      'env',
      "call wechatpay(env) with the env of the handler, or with that of import { env } from 'cloudflare:workers'",
    )
}

/** Refuses a variable that names the file of an option which is not given: a Worker has no files. */
function refuseFiles(env: CloudflareEnvironment, given: Partial<WechatpayOptions>): void {
  for (const [name, option] of Object.entries(OPTIONS))
    if (given[option] === undefined && (env as Readonly<Record<string, unknown>>)[`${name}_FILE`])
      throw new ConfigurationError(
        'OPTION_INVALID',
        `${name}_FILE`,
        `a Worker has no files. Put the text of the file into the secret ${name}`,
      )
}

/**
 * Reads the options of a client from a Worker's environment: variables, secrets and bindings.
 *
 * @param env the environment of the Worker
 * @returns options, without those that the environment does not set
 * @throws {ConfigurationError} names the variable, secret or binding that is wrong
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...optionsFrom(env), timeout: 5000 })
 * ```
 */
export function optionsFrom(env: CloudflareEnvironment): WechatpayOptions {
  requireEnvironment(env)
  const { WECHATPAY_MCHID, WECHATPAY_MTLS: mtls, WECHATPAY_CERTIFICATES: store, WECHATPAY_SIGNER: signer } = env
  if (mtls) refuseOther(mtls, 'fetch', 'WECHATPAY_MTLS', 'mtls_certificates')
  if (store) refuseOther(store, 'put', 'WECHATPAY_CERTIFICATES', 'kv_namespaces')
  if (signer) refuseOther(signer, 'sign', 'WECHATPAY_SIGNER', 'services')
  return {
    ...optionsFromTexts(env),
    ...(mtls && { mtlsFetch: ((input, init) => mtls.fetch(input, init)) as typeof fetch }),
    ...(signer && {
      // A binding has every method, so that a missing `decrypt` shows only when it is called.
      signer: { sign: message => signer.sign(message), decrypt: ciphertext => signer.decrypt(ciphertext) },
    }),
    ...(store && { certificateCache: kvCache(store, `wechatpay-edge/certificates/${WECHATPAY_MCHID}`) }),
  }
}

/** Rejects a variable that has the name of a binding. */
function refuseOther(binding: object, method: string, name: string, kind: string): void {
  if (typeof (binding as Record<string, unknown>)[method] !== 'function')
    throw new ConfigurationError('OPTION_INVALID', name, `is not a binding. Bind it under [[${kind}]] of wrangler.toml`)
}

/**
 * Keeps platform certificates in Workers KV, for 11 hours.
 *
 * @param store the namespace
 * @param key the key of the entry: one per merchant
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
