import { createAccount } from './account.ts'
import { type Chain, chain, fillPath, readPath, splitPath } from './chain.ts'
import type { Query } from './codec/query.ts'
import { Sealed } from './codec/sealed.ts'
import type { AnyEndpoint, CallOptions, Reply } from './endpoints/call.ts'
import type { Paths, V2, V3 } from './endpoints/generated/types.ts'
import { isRepeatable } from './endpoints/repeatable.ts'
import { traitOf } from './endpoints/trait-of.ts'
import { CallError, ConfigurationError, TransportError, WechatpayError } from './errors.ts'
import { CALL_CHECKS, checkCallOptions } from './option-checks.ts'
import type { WechatpayOptions } from './options.ts'
import { createBankKey } from './protocol/bank-key.ts'
import { type Api, type Call, mayTakeEffect, type Parties, type Payload } from './protocol/call.ts'
import { CERTIFICATES, readCertificates, recallCertificates } from './protocol/certificates.ts'
import { type CertificateSource, createPlatformKeys } from './protocol/platform-keys.ts'
import { replyOf } from './protocol/receive.ts'
import { sealText } from './protocol/sealed-fields.ts'
import * as v2 from './protocol/v2.ts'
import * as v3 from './protocol/v3.ts'
import { readRequest, writeResponse } from './standard-request.ts'
import { BASE_URL, type Route, STANDBY_URL, send, within } from './transport.ts'
import { withoutUrl } from './without-url.ts'

/** Milliseconds an attempt may take where nobody says otherwise. */
const TIMEOUT = 10_000

const PROTOCOLS = { v2: v2.protocol, v3: v3.protocol }
type Options = CallOptions & { params?: Query; body?: unknown }

/** What a call takes whose path is filled in already. */
export interface RequestOptions extends CallOptions {
  /** Query parameters: scalars, lists of them, and what an endpoint has sealed or as JSON text. */
  params?: Readonly<Record<string, unknown>> | undefined
  body?: unknown
  /** A body that goes out as it is, in place of `body`: a stream that is sent while it comes in. Give `retry: false` with one. */
  raw?: Payload | undefined
}

/** `wxpay['v3/pay/transactions/native']`: a property with a slash is a chain. It lies behind the prototype, so that a client is a plain object. */
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

/** For the functions beside the client that work with its keys. */
export let partiesOf: (client: Wechatpay) => Parties

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
  static {
    partiesOf = client => client.#parties
  }

  /** APIv2 (XML). A segment is camelCase for kebab-case; a placeholder is `_name_`, `$name$` or `{name}`. */
  readonly v2: V2
  /** APIv3 (JSON). A segment is camelCase for kebab-case; a placeholder is `_name_`, `$name$` or `{name}`. */
  readonly v3: V3
  readonly #options: WechatpayOptions
  readonly #parties: Parties

  /** @throws {ConfigurationError} naming the option that is missing or wrong */
  constructor(options: WechatpayOptions) {
    super()
    const account = createAccount(options)
    const { certificateCache: cache } = options
    const certificates: CertificateSource = {
      recall: async () => cache && recallCertificates(cache, account),
      download: platformKeys =>
        this.#send(CERTIFICATES, 'v3', {}, { ...this.#parties, platformKeys }, response =>
          readCertificates(response, account, platformKeys, cache),
        ),
    }
    this.#options = options
    const downloadBankKey = async () => {
      const { data } = await this.request('POST', 'v2/risk/getpublickey', { body: { mch_id: account.mchid } })
      return (data as { pub_key: string }).pub_key
    }
    this.#parties = {
      account,
      platformKeys: createPlatformKeys(
        options.platformKeys ?? {},
        account.hasApiv3Key ? certificates : undefined,
        account,
      ),
      bankKey: createBankKey(options.bankKey, downloadBankKey, account),
    }
    this.v2 = this.#chain(['v2']) as unknown as V2
    this.v3 = this.#chain(['v3']) as unknown as V3
  }

  /**
   * Begins a call with its path, `v3/pay/transactions/native`; the same as the properties, and as `wxpay['v3/…']`.
   * A path that no definition has works too, untyped.
   *
   * @param path with its API (`v2/…`, `v3/…`), placeholders as in the definition
   */
  chain<Path extends keyof Paths>(path: Path): Paths[Path]
  chain(path: string): AnyEndpoint
  chain(path: string): unknown {
    return this.#chain(splitPath(path))
  }

  /**
   * Signs a standard `Request`, sends it, and gives the `Response` once it is verified; an error status is not thrown,
   * as with `fetch`. An APIv2 request (any path but `/v3/…`) is XML, to which nonce and signature are added. Nothing
   * is sealed or opened. Signs for WeChat Pay's access points (接入点) and for `baseUrl` only; does not follow redirects.
   *
   * @throws {CallError} `HOST_UNKNOWN`: the URL is at none of them; nothing was sent
   * @throws {SignatureError} the answer is not proven to be WeChat Pay's
   * @throws {TransportError} no whole answer arrived
   * @example
   * ```ts
   * const response = await wxpay.fetch('https://api.mch.weixin.qq.com/v3/certificates')
   * ```
   */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { api, call, baseUrl } = await readRequest(request, this.#options.baseUrl)
    const options = { baseUrl, signal: request.signal }
    return this.#send(call, api, options, this.#parties, async response =>
      writeResponse(await PROTOCOLS[api].verify(response, call, this.#parties)),
    )
  }

  /**
   * A call whose path is filled in already: for gateways and command lines. Seals, signs, verifies and opens as a chain does.
   *
   * @param path with its API: `v3/pay/transactions/id/4200…`, percent-encoded where it has to be
   * @example
   * ```ts
   * const { data } = await wxpay.request('GET', 'v3/certificates')
   * ```
   */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Reply<unknown>> {
    const [api, filled] = readPath(splitPath(path))
    return this.#call(callOf(method.toUpperCase(), filled, filled, options), api, options)
  }

  /**
   * Seals a text for WeChat Pay ahead of a call (敏感信息加密), with the key that calls are sealed with now.
   *
   * @param text at most 214 bytes of UTF-8
   * @returns what a sealed field takes in place of the text; with its `ciphertext` and `serial` it can be kept, and made
   * again by `sealed()`
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053264
   * @example
   * ```ts
   * const { ciphertext, serial } = await wxpay.seal('张三')
   * ```
   */
  async seal(text: string): Promise<Sealed> {
    const { platformKeys, account } = this.#parties
    const { id, key } = (await platformKeys.sealer())!
    return new Sealed(await sealText(text, 'text', key, account.crypto), id)
  }

  #chain(path: readonly string[]): Chain {
    return chain(path, async ({ api, template, verb }, args) => {
      const hasBody = ['post', 'put', 'patch'].includes(verb)
      const options = ((hasBody ? args[1] : args[0]) ?? {}) as Options
      // A DELETE may have a body, and has no place for it but its options.
      const body = hasBody ? args[0] : options.body
      refuseUnknownOptions(options, template)
      const method = verb === 'url' ? 'GET' : verb.toUpperCase()
      const path = fillPath(template, options as Readonly<Record<string, unknown>>)
      const call = callOf(method, path, template, { ...options, body })
      return verb === 'url' ? this.#signedUrl(call, api) : this.#call(call, api, options)
    })
  }

  async #call(call: Call, api: Api, options: CallOptions): Promise<Reply<unknown>> {
    const { verify, decode } = PROTOCOLS[api]
    return this.#send(call, api, options, this.#parties, async response => {
      const verified = await verify(response, call, this.#parties)
      return verified.isStream
        ? replyOf(verified, response.body ?? new Blob().stream())
        : decode(verified, call, this.#parties)
    })
  }

  async #signedUrl(call: Call, api: Api): Promise<string> {
    if (api === 'v3') throw new CallError('URL_UNSIGNED', call.path, 'only APIv2 signs a URL. Call .get(…)')
    const attempt = await v2.encode(call, this.#parties)
    const [url] = await attempt(this.#route(call, {}).baseUrls[0]!)
    return url
  }

  /** Encodes once, then signs and sends as often as it takes. */
  async #send<T>(
    call: Call,
    api: Api,
    options: CallOptions & { baseUrl?: string },
    parties: Parties,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const route = this.#route(call, options)
    const sendRequest = this.#fetchFor(call)
    const keys = api === 'v3' ? parties.platformKeys.ready() : call.trait.sealBank
    const encode = async () => {
      await keys
      return PROTOCOLS[api].encode(call, parties)
    }
    // Keys may have to be fetched first.
    const attempt = await (keys ? within({ ...route, timeout: route.timeout * 3, changes: false }, encode) : encode())
    return send(route, async (baseUrl, signal) => {
      const [url, init] = await attempt(baseUrl)
      // What streams on after the call has returned still obeys the caller.
      const streaming =
        call.trait.answer === 'file' && options.signal ? AbortSignal.any([signal, options.signal]) : signal
      const sending = async () => sendRequest(url, { ...init, signal: streaming })
      const response = await sending().catch(error => {
        // An adapter's `fetch` knows what it lacks; nothing was sent.
        if (error instanceof WechatpayError) throw error
        const cause = withoutUrl(error, url)
        throw new TransportError(
          'NETWORK_ERROR',
          `No answer from ${new URL(baseUrl).host}: ${reasonOf(cause)}.`,
          mayTakeEffect(call),
          cause,
        )
      })
      if (typeof response?.headers?.get !== 'function') throw noResponse(call)
      return read(response)
    })
  }

  #route(call: Call, options: CallOptions & { baseUrl?: string }): Route {
    checkCallOptions(options)
    const { baseUrl, timeout, retry, signal } = options
    return {
      baseUrls: baseUrl ? [baseUrl] : baseUrlsOf(call, this.#options),
      changes: mayTakeEffect(call),
      isRepeatable: isRepeatable(call),
      timeout: timeout ?? this.#options.timeout ?? TIMEOUT,
      retry: retry ?? this.#options.retry,
      signal,
    }
  }

  #fetchFor({ trait, path }: Call): typeof fetch {
    const { fetch: plain = globalThis.fetch, mtlsFetch } = this.#options
    if (!trait.mtls) return plain
    if (mtlsFetch) return mtlsFetch
    throw new ConfigurationError(
      'OPTION_MISSING',
      'mtlsFetch',
      `${path} requires the client certificate (双向证书): createMtlsFetch(…), or mtls_certificates`,
    )
  }
}

/**
 * Makes a call of an endpoint.
 *
 * @param path filled in, without the slash that ends some documented paths
 * @param template as the definition has it, or filled in as well
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

/** A base URL of the user's stands for every access point; what an endpoint's own adds is its path prefix (`/hk/`). */
function baseUrlsOf({ trait }: Call, { baseUrl, hongKong }: WechatpayOptions): string[] {
  const { base = BASE_URL, alternative } = trait
  if (baseUrl !== undefined) return [baseUrl.replace(/\/$/, '') + new URL(base).pathname]
  if (hongKong && alternative) return [alternative, base]
  return base === BASE_URL ? [base, STANDBY_URL] : [base]
}

/** The option is wrong, but its `fetch` has run: the request may have arrived. */
function noResponse(call: Call): TransportError {
  const option = call.trait.mtls ? 'mtlsFetch' : 'fetch'
  const cause = new ConfigurationError('OPTION_INVALID', option, 'it did not return a Response')
  return new TransportError('NETWORK_ERROR', cause.message, mayTakeEffect(call), cause)
}

/** Node hides the reason (`ECONNREFUSED`) in the cause of a "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `fetch threw no Error (${typeof error})`
  const { cause, message } = error
  return cause instanceof Error ? `${message} (${(cause as NodeErrno).code ?? cause.message})` : message
}
type NodeErrno = Error & { code?: string }
