import type { AnyEndpoint, CallOptions, Reply } from '../definitions/call.ts'
import type { Paths, V2, V3 } from '../definitions/generated/types.ts'
import { traitOf } from '../definitions/trait-of.ts'
import { type Chain, chain, fillPath, readPath, splitPath } from './chain.ts'
import { EncryptedField } from './codec/encrypted.ts'
import type { Query } from './codec/query.ts'
import { createCredentials } from './credentials.ts'
import { CallError } from './errors.ts'
import { exchange, makeCall, PROTOCOLS, type Sender } from './exchange.ts'
import { CALL_CHECKS } from './option-checks.ts'
import type { WechatpayOptions } from './options.ts'
import type { Api, Call, Credentials, Payload } from './protocol/call.ts'
import { encryptText } from './protocol/encrypted-fields.ts'
import * as v2 from './protocol/v2.ts'
import { routeOf } from './routing.ts'
import { readRequest, writeResponse } from './standard-request.ts'

type Options = CallOptions & { params?: Query; body?: unknown }

/** The options of a call whose path is filled in already. */
export interface RequestOptions extends CallOptions {
  /** Query parameters: scalars, lists of them, and values that the endpoint encrypts or sends as JSON text. */
  params?: Readonly<Record<string, unknown>> | undefined
  body?: unknown
  /** A body that is sent unchanged, in place of `body`: a stream that is sent while it arrives. Pass `retry: false` with one. */
  raw?: Payload | undefined
}

/**
 * Makes `wxpay['v3/pay/transactions/native']`, a property with a slash, a chain. This requires a proxy, because paths
 * without a definition work too. The proxy is the prototype of the prototype, so the engine consults it only for
 * properties that do not exist: a client remains an ordinary object with private fields, and its own properties stay
 * fast.
 */
const ByPath: new () => Paths = class {} as never
Object.setPrototypeOf(
  ByPath.prototype,
  new Proxy(Object.prototype, {
    get: (target, property, client: Wechatpay) =>
      typeof property === 'string' && property.includes('/')
        ? client.chain(property)
        : Reflect.get(target, property, client),
  }),
)

const senders = new WeakMap<Wechatpay, Sender>()

/**
 * Returns the credentials of a client, for functions of this package that sign, verify or decrypt without making a
 * call: flows, notifications, gateway and command line. Internal: no entry point of the package exports it.
 */
export const credentialsOf = (client: Wechatpay): Credentials => senders.get(client)!.credentials

/**
 * A client of WeChat Pay (微信支付) for one merchant.
 *
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ mchid, serial, privateKey, apiv3Key, platformKeys: { PUB_KEY_ID_0…: publicKeyPem } })
 * const { data } = await wxpay.v3.pay.transactions.native.post({
 *   appid, mchid, description: 'Tea', out_trade_no: '20260101001', notify_url, amount: { total: 100 }, // fen (分)
 * })
 * console.log(data.code_url)
 * ```
 */
export class Wechatpay extends ByPath {
  /** APIv2 (XML). A segment is camelCase for kebab-case; a placeholder is `_name_`, `$name$` or `{name}`. */
  readonly v2: V2
  /** APIv3 (JSON). A segment is camelCase for kebab-case; a placeholder is `_name_`, `$name$` or `{name}`. */
  readonly v3: V3
  readonly #sender: Sender

  /** @throws {ConfigurationError} names the option that is missing or wrong */
  constructor(options: WechatpayOptions) {
    super()
    this.#sender = { options, credentials: createCredentials(options) }
    senders.set(this, this.#sender)
    this.v2 = this.#chain(['v2']) as unknown as V2
    this.v3 = this.#chain(['v3']) as unknown as V3
  }

  /**
   * Starts a call with its path, `v3/pay/transactions/native`; equivalent to the properties and to `wxpay['v3/…']`.
   * Paths without a definition work too, untyped.
   *
   * @param path with its API version (`v2/…`, `v3/…`) and the placeholders of the definition
   */
  chain<Path extends keyof Paths>(path: Path): Paths[Path]
  chain(path: string): AnyEndpoint
  chain(path: string): unknown {
    return this.#chain(splitPath(path))
  }

  /**
   * Signs a standard `Request`, sends it, and returns the verified `Response`. Like `fetch`, it does not throw for
   * error statuses. An APIv2 request (any path except `/v3/…`) is XML, to which nonce and signature are added. Nothing
   * is encrypted or decrypted. Signs only for WeChat Pay's access points (接入点) and for `baseUrl`; does not follow
   * redirects.
   *
   * @throws {CallError} `HOST_UNKNOWN`: the URL belongs to none of them; nothing was sent
   * @throws {SignatureError} the response is not proven to be WeChat Pay's
   * @throws {TransportError} no complete response arrived
   * @example
   * ```ts
   * const response = await wxpay.fetch('https://api.mch.weixin.qq.com/v3/certificates')
   * ```
   */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { options, credentials } = this.#sender
    const { api, call, baseUrl } = await readRequest(request, options.baseUrl)
    return exchange(this.#sender, call, api, { baseUrl, signal: request.signal }, async response =>
      writeResponse(await PROTOCOLS[api].verify(response, call, credentials)),
    )
  }

  /**
   * Makes a call with a complete path, for gateways and command lines. Encrypts, signs, verifies and decrypts like a
   * chain.
   *
   * @param path with its API version, without placeholders, percent-encoded: `v3/pay/transactions/id/4200…`
   * @example
   * ```ts
   * const { data } = await wxpay.request('GET', 'v3/certificates')
   * ```
   */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Reply<unknown>> {
    const [api, filled] = readPath(splitPath(path))
    return makeCall(this.#sender, callOf(method.toUpperCase(), filled, filled, options), api, options)
  }

  /**
   * Encrypts text for WeChat Pay before a call (敏感信息加密), with the key that calls currently use.
   *
   * @param text at most 214 bytes of UTF-8
   * @returns a value for an encrypted field. Store its `ciphertext` and `serial` to recreate it with `encrypted()`
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053264
   * @example
   * ```ts
   * const { ciphertext, serial } = await wxpay.encrypt('张三')
   * ```
   */
  async encrypt(text: string): Promise<EncryptedField> {
    const { platformKeys, account } = this.#sender.credentials
    const { id, key } = (await platformKeys.encryptionKey())!
    return new EncryptedField(await encryptText(text, 'text', async () => key, account.crypto), id)
  }

  #chain(path: readonly string[]): Chain {
    return chain(path, async ({ api, template, verb }, args) => {
      const hasBody = ['post', 'put', 'patch'].includes(verb)
      const options = ((hasBody ? args[1] : args[0]) ?? {}) as Options
      // A DELETE may have a body, which only its options can hold.
      const body = hasBody ? args[0] : options.body
      refuseUnknownOptions(options, template)
      const method = verb === 'url' ? 'GET' : verb.toUpperCase()
      const path = fillPath(template, options as Readonly<Record<string, unknown>>)
      const call = callOf(method, path, template, { ...options, body })
      return verb === 'url' ? this.#signedUrl(call, api) : makeCall(this.#sender, call, api, options)
    })
  }

  async #signedUrl(call: Call, api: Api): Promise<string> {
    if (api === 'v3') throw new CallError('URL_UNSIGNED', call.path, 'only APIv2 signs a URL. Call .get(…)')
    const { options, credentials } = this.#sender
    const attempt = await v2.encode(call, credentials)
    const [url] = await attempt(routeOf(call, {}, options).baseUrls[0]!)
    return url
  }
}

/**
 * Creates a call.
 *
 * @param path without placeholders, and without the slash at the end of some documented paths
 * @param template the path of the definition with its placeholders, or `path`
 */
export function callOf(method: string, path: string, template: string, options: RequestOptions): Call {
  const trait = traitOf(method, template)
  return { ...(options as Partial<Call>), method, path: trait.slash ? `${path}/` : path, trait }
}

function refuseUnknownOptions(options: Options, template: string): void {
  for (const name of Object.keys(options))
    if (!['params', 'body', ...Object.keys(CALL_CHECKS)].includes(name) && !template.includes(`{${name}}`))
      throw new CallError('OPTION_UNKNOWN', name, `not in ${template}. A query goes into { params: { ${name}: … } }`)
}
