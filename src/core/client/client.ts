import type { AnyEndpoint, Api, CallOptions, Reply } from '../../definitions/call.ts'
import type { Brand, Paths, V2, V3 } from '../../definitions/generated/types.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import { CallError } from '../base/errors.ts'
import { nearestName } from '../base/nearest-name.ts'
import { EncryptedField } from '../codec/encrypted.ts'
import type { Query } from '../codec/query.ts'
import { CALL_CHECKS } from '../options/option-checks.ts'
import type { ClientOptions } from '../options/options.ts'
import type { Call, Credentials, Payload, SigningCredentials } from '../protocol/call.ts'
import { encryptText } from '../protocol/encrypted-fields.ts'
import * as v2 from '../protocol/v2.ts'
import { type Chain, chain, fillPath, readPath, splitPath } from './chain.ts'
import { routeOf } from './routing.ts'
import { credentialsFor, makeCall, type Sender, sendCall, verifyResponse } from './send-call.ts'
import { createSender } from './sender.ts'
import { readRequest, writeResponse } from './standard-request.ts'

/** The options of a chain: those of every call, query, body, and values for the placeholders. */
export type ChainOptions = CallOptions & { params?: Query; body?: unknown }

/** The options of a call whose path is filled in already. */
export interface RequestOptions extends CallOptions {
  /** Query parameters: scalars, lists of them, and values that the endpoint encrypts or sends as JSON text. */
  params?: Readonly<Record<string, unknown>> | undefined
  body?: unknown
  /**
   * The path of the definition, with its placeholders: `/v3/pay/transactions/id/{transaction_id}`. Only observers see it.
   * Default: none, because a path that is filled in may contain personal data
   */
  template?: string | undefined
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

/** Returns the part of a client that sends its calls, for {@link observe}. */
export const senderOf = (client: Wechatpay): Sender => senders.get(client)!

/**
 * Returns the credentials of a client's merchant, for functions of this package that sign, verify or decrypt without making a
 * call: flows, notifications, gateway and command line. Internal: no entry point of the package exports it.
 *
 * @throws {ConfigurationError} `OPTION_MISSING`: the client is only for a brand
 */
export const credentialsOf = (client: Wechatpay): Credentials => credentialsFor(senderOf(client), 'v3')

/** Returns the credentials of a client's brand, like {@link credentialsOf}; undefined if it has none. */
export const brandCredentialsOf = (client: Wechatpay): SigningCredentials | undefined =>
  senderOf(client).brandCredentials

/**
 * A client of WeChat Pay (微信支付) for one merchant, one brand (品牌), or both.
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
  /** The brand API (品牌 API, JSON), with the keys of the option `brand`. Segments and placeholders as in `v3`. */
  readonly brand: Brand
  readonly #sender: Sender

  /** @throws {ConfigurationError} names the option that is missing or wrong */
  constructor(options: ClientOptions) {
    super()
    this.#sender = createSender(options)
    senders.set(this, this.#sender)
    this.v2 = this.#chain(['v2']) as unknown as V2
    this.v3 = this.#chain(['v3']) as unknown as V3
    this.brand = this.#chain(['brand']) as unknown as Brand
  }

  /**
   * Starts a call with its path, `v3/pay/transactions/native`; equivalent to the properties and to `wxpay['v3/…']`.
   * Paths without a definition work too, untyped.
   *
   * @param path with its API (`v2/…`, `v3/…`, `brand/…`) and the placeholders of the definition
   */
  chain<Path extends keyof Paths>(path: Path): Paths[Path]
  chain(path: string): AnyEndpoint
  chain(path: string): unknown {
    return this.#chain(splitPath(path))
  }

  /**
   * Signs a standard `Request`, sends it, and returns the verified `Response`. Like `fetch`, it does not throw for
   * error statuses. An APIv2 request (any path except `/v3/…` and `/brand/…`) is XML, to which nonce and signature are added. Nothing
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
    const { options } = this.#sender
    const { api, call, baseUrl } = await readRequest(request, options.baseUrl)
    return writeResponse(
      await sendCall(this.#sender, call, api, { baseUrl, signal: request.signal }, response =>
        verifyResponse(this.#sender, call, api, response),
      ),
    )
  }

  /**
   * Makes a call with a complete path, for gateways and command lines. Encrypts, signs, verifies and decrypts like a
   * chain.
   *
   * @param path with its API, without placeholders, percent-encoded: `v3/pay/transactions/id/4200…`
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
   * @param api `brand` for a call of the brand API, whose key is another
   * @returns a value for an encrypted field. Store its `ciphertext` and `serial` to recreate it with `encrypted()`
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053264
   * @example
   * ```ts
   * const { ciphertext, serial } = await wxpay.encrypt('张三')
   * ```
   */
  async encrypt(text: string, api: Exclude<Api, 'v2'> = 'v3'): Promise<EncryptedField> {
    const { platformKeys, account } = credentialsFor(this.#sender, api)
    const { id, key } = (await platformKeys.encryptionKey())!
    return new EncryptedField(await encryptText(text, 'text', async () => key, account.crypto), id)
  }

  #chain(path: readonly string[]): Chain {
    return chain(path, async ({ api, template, verb }, args) => {
      const hasBody = ['post', 'put', 'patch'].includes(verb)
      const options = ((hasBody ? args[1] : args[0]) ?? {}) as ChainOptions
      // A DELETE may have a body, which only its options can hold.
      const body = hasBody ? args[0] : options.body
      refuseUnknownOptions(options, template)
      const method = verb === 'url' ? 'GET' : verb.toUpperCase()
      const filled = fillPath(template, options as Readonly<Record<string, unknown>>)
      const call = callOf(method, filled, template, { ...options, body, template })
      return verb === 'url' ? this.#signedUrl(call, api) : makeCall(this.#sender, call, api, options)
    })
  }

  async #signedUrl(call: Call, api: Api): Promise<string> {
    if (api !== 'v2') throw new CallError('URL_UNSIGNED', call.path, 'only APIv2 signs a URL. Call .get(…)')
    const { options } = this.#sender
    const signRequest = await v2.encode(call, credentialsFor(this.#sender, api))
    const [url] = await signRequest(routeOf(call, {}, options).baseUrls[0]!)
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
  const { params, body, raw, headers } = options
  return {
    method,
    path: trait.slash ? `${path}/` : path,
    template: options.template,
    trait,
    params: params as Query,
    body,
    raw,
    headers,
  }
}

function refuseUnknownOptions(options: ChainOptions, template: string): void {
  const placeholders = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const known = ['params', 'body', ...Object.keys(CALL_CHECKS), ...placeholders]
  for (const name of Object.keys(options))
    if (!known.includes(name)) {
      const near = nearestName(name, known)
      throw new CallError(
        'OPTION_UNKNOWN',
        name,
        `not in ${template}. ${near ? `Is ${near} meant? ` : ''}A query goes into { params: { ${name}: … } }`,
      )
    }
}
