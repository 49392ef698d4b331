import { type Chain, chain, fillPath } from '../core/client/chain.ts'
import type { ChainOptions } from '../core/client/client.ts'
import { callByGateway } from '../core/client/gateway-call.ts'
import { stringifyQuery } from '../core/codec/query.ts'
import { CallError } from '../core/index.ts'
import type { Call } from '../core/protocol/call.ts'
import type { Api } from '../definitions/call.ts'
import type { Brand, V2, V3 } from '../definitions/generated/types.ts'

/** The gateway, and how the page identifies itself to it. */
export interface GatewayOptions {
  /** URL of your own gateway (`wechatpay-edge/gateway`), or a path on the page's own origin. */
  gateway: string
  /**
   * Headers that identify the caller to the gateway, such as a session token. Anybody who can read the page can read
   * them.
   */
  headers?: HeadersInit
  /** Sends the requests. Default: the browser's */
  fetch?: typeof fetch
}

/** The calls of a client, through a gateway. */
export interface GatewayClient {
  /** APIv2; requests to the gateway are JSON. */
  readonly v2: V2
  /** APIv3 */
  readonly v3: V3
  /** The brand API (品牌 API). */
  readonly brand: Brand
}

/**
 * Creates a client for a web page. It holds no key and signs nothing: your own gateway signs calls and verifies
 * responses. Calls, replies and errors are those of `Wechatpay`. Each call that changes something, except uploads, has
 * an `Idempotency-Key`, so that the gateway makes it once even if the browser sends it twice. Set your own in `headers`
 * to get the same response when you repeat a call.
 *
 * **Never put a merchant's private key, APIv3 key or APIv2 key into a web page: anybody who opens the page can read it
 * and take the merchant's money.**
 *
 * @throws {CallError} from a call: it is invalid
 * @throws {GatewayError} from a call: the gateway refused it
 * @throws {ServiceError} from a call: WeChat Pay refused it
 * @throws {TransportError} from a call: no complete response arrived
 * @example
 * ```ts
 * const wxpay = wechatpay({ gateway: '/wechatpay' })
 * const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no, params: { mchid } })
 * ```
 */
export function wechatpay({
  gateway,
  headers,
  fetch: fetchGateway = (...args) => fetch(...args),
}: GatewayOptions): GatewayClient {
  const base = new URL(gateway, globalThis.location?.href).href.replace(/\/$/, '')
  const begin = (api: Api): Chain =>
    chain([api], async ({ template, verb }, args) => {
      if (verb === 'url') throw new CallError('URL_UNSIGNED', template, 'the page has no key to sign a URL with')
      const hasBody = verb === 'post' || verb === 'put' || verb === 'patch'
      const options = ((hasBody ? args[1] : args[0]) ?? {}) as ChainOptions
      const body = hasBody ? args[0] : options.body
      const path = fillPath(template, options as Readonly<Record<string, unknown>>)
      const query = options.params ? stringifyQuery(options.params) : ''
      const url = `${base}${api === 'v2' ? '/v2' : ''}${path}${query && `?${query}`}`
      const call: Call = { method: verb.toUpperCase(), path, trait: {} }
      return callByGateway(url, call, api, { ...options, body }, headers, fetchGateway)
    })
  return {
    v2: begin('v2') as unknown as V2,
    v3: begin('v3') as unknown as V3,
    brand: begin('brand') as unknown as Brand,
  }
}
