import { hex } from '../core/bytes.ts'
import { type Chain, chain, fillPath } from '../core/chain.ts'
import { parseJson, stringifyJson } from '../core/codec/json.ts'
import { type Query, stringifyQuery } from '../core/codec/query.ts'
import type { XmlFields } from '../core/codec/xml.ts'
import type { CallOptions, Reply } from '../core/endpoints/call.ts'
import type { V2, V3 } from '../core/endpoints/generated/types.ts'
import { AnswerError, CallError, TransportError } from '../core/index.ts'
import { type Call, mayTakeEffect } from '../core/protocol/call.ts'
import { MAX_JSON, receive, replyOf } from '../core/protocol/receive.ts'
import * as v2 from '../core/protocol/v2.ts'
import * as v3 from '../core/protocol/v3.ts'
import { within } from '../core/transport.ts'
import { withoutUrl } from '../core/without-url.ts'

/** Where the gateway is, and how the page shows who it is. */
export interface GatewayOptions {
  /** Your own gateway (`wechatpay-edge/gateway`): a URL, or a path of the page's own origin. */
  gateway: string
  /** Headers that show the gateway who calls: a session's token. Whoever reads the page reads them too. */
  headers?: HeadersInit
  /** Sends the requests. Default: the browser's. */
  fetch?: typeof fetch
}

/** The calls of a client, by way of a gateway. */
export interface GatewayClient {
  /** APIv2; JSON on the way to the gateway. */
  readonly v2: V2
  /** APIv3 */
  readonly v3: V3
}

/** The gateway itself refused a call, or could not carry it out: not WeChat Pay. */
export class GatewayError extends AnswerError {
  override readonly name: string = 'GatewayError'
  declare readonly code: 'GATEWAY_ERROR'
  /** What the gateway calls it: `UNAUTHORIZED`, `TIMEOUT`; stable. */
  declare readonly gatewayCode: string
}

const PROTOCOLS = { v2: v2.protocol, v3: v3.protocol }
type Options = CallOptions & { params?: Query; body?: unknown }

/**
 * A client for a web page. It holds no key and signs nothing: your own gateway does, and verifies what WeChat Pay answers.
 * Calls, replies and errors are those of `Wechatpay`. Each call that changes something, but an upload, has an
 * `Idempotency-Key`, so that the gateway makes it once even if the browser sends it twice; give one of your own in `headers`
 * to have the same call answered the same when you repeat it.
 *
 * **Never put a merchant's private key, APIv3 key or APIv2 key into a web page.** Whoever opens the page has it then, and
 * with it the merchant's money.
 *
 * @throws {CallError} by a call: it cannot be sent as it is written
 * @throws {GatewayError} by a call: the gateway refused it
 * @throws {ServiceError} by a call: WeChat Pay refused it
 * @throws {TransportError} by a call: no whole answer arrived
 * @example
 * ```ts
 * const wxpay = wechatpay({ gateway: '/wechatpay' })
 * const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no, params: { mchid } })
 * ```
 */
export function wechatpay({
  gateway,
  headers,
  fetch: send = (...args) => fetch(...args),
}: GatewayOptions): GatewayClient {
  const base = new URL(gateway, globalThis.location?.href).href.replace(/\/$/, '')
  const begin = (api: 'v2' | 'v3'): Chain =>
    chain([api], async ({ template, verb }, args) => {
      if (verb === 'url') throw new CallError('URL_UNSIGNED', template, 'the page has no key to sign a URL with')
      const hasBody = verb === 'post' || verb === 'put' || verb === 'patch'
      const options = ((hasBody ? args[1] : args[0]) ?? {}) as Options
      const body = hasBody ? args[0] : options.body
      const path = fillPath(template, options as Readonly<Record<string, unknown>>)
      const query = options.params ? stringifyQuery(options.params) : ''
      const url = `${base}${api === 'v2' ? '/v2' : ''}${path}${query && `?${query}`}`
      const call: Call = { method: verb.toUpperCase(), path, trait: {} }
      return carry(url, call, api, { ...options, body }, headers, send)
    })
  return { v2: begin('v2') as unknown as V2, v3: begin('v3') as unknown as V3 }
}

/** Sends one call to the gateway at `url`, and reads its answer as if WeChat Pay had given it. */
export async function carry(
  url: string,
  call: Call,
  api: 'v2' | 'v3',
  { body, signal, headers: more }: Options,
  headers: HeadersInit | undefined,
  send: typeof fetch,
): Promise<Reply<unknown>> {
  const isForm = body instanceof FormData
  const changes = mayTakeEffect(call)
  const request: RequestInit = {
    method: call.method,
    headers: {
      accept: 'application/json',
      ...(changes && !isForm && { [IDEMPOTENCY_KEY]: hex(crypto.getRandomValues(new Uint8Array(16))) }),
      ...Object.fromEntries(new Headers(headers)),
      ...Object.fromEntries(new Headers(more)),
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : isForm ? body : stringifyJson(body),
    ...(signal && { signal }),
  }
  const attempt = () =>
    send(url, request).catch(error => {
      const cause = withoutUrl(error, url)
      throw new TransportError(
        signal?.aborted ? 'ABORTED' : 'NETWORK_ERROR',
        `No answer from the gateway at ${new URL(url).host}: ${cause instanceof Error ? cause.message : typeof cause}.`,
        changes,
        cause,
      )
    })
  let response = await attempt()
  for (let number = 1; number < MAX_ATTEMPTS && isUnderWay(response); number++) {
    await response.body?.cancel()
    const seconds = Math.min(Number(response.headers.get('retry-after')) || 1, MAX_WAIT)
    const pause = () => new Promise(resolve => setTimeout(resolve, seconds * 1000))
    await within({ timeout: Number.POSITIVE_INFINITY, signal, changes, isInDoubt: changes }, pause)
    response = await attempt()
  }
  return read(response, call, api)
}

/**
 * The gateway makes a call once for each key. A browser sends a POST again when a connection that it used before breaks
 * after the request has arrived, as Chromium does, and then both have the same key.
 */
const IDEMPOTENCY_KEY = 'idempotency-key'
const UNDER_WAY = 'IDEMPOTENCY_KEY_IN_USE'
/** How often to ask for the answer of a call that the gateway is making, and how many seconds to wait at most. */
const MAX_ATTEMPTS = 6
const MAX_WAIT = 5

/** Tells whether the gateway is making the very same call, which it was sent before: its answer is there in a moment. */
const isUnderWay = ({ headers }: Response): boolean => headers.get('wechatpay-edge-error') === UNDER_WAY

/** What the gateway has verified is read as if WeChat Pay had answered the page. */
async function read(response: Response, call: Call, api: 'v2' | 'v3'): Promise<Reply<unknown>> {
  const { status, headers } = response
  const isStream = response.ok && status !== 204 && !headers.get('content-type')?.startsWith('application/json')
  const { body } = isStream ? { body: '' } : await receive(response, call, MAX_JSON)
  const gatewayCode = headers.get('wechatpay-edge-error')
  if (gatewayCode) throw refusal(gatewayCode, { status, headers, body })
  const verifiedBy = headers.get('wechatpay-edge-verified-by')
  const fields = api === 'v2' && body ? (parseJson(body) as XmlFields) : undefined
  const verified = { response, status, headers, body, ...(fields && { fields }), ...(verifiedBy && { verifiedBy }) }
  if (isStream) return replyOf(verified, response.body)
  // What was sealed the gateway has opened: no account is asked for.
  return PROTOCOLS[api].decode(verified, call, {} as never)
}

function refusal(gatewayCode: string, answer: { status: number; headers: Headers; body: string }): GatewayError {
  // The same call is being made, or was not finished.
  const { detail = '', mayHaveTakenEffect = gatewayCode === UNDER_WAY } = Object(parseJson(answer.body)) as {
    detail?: string
    mayHaveTakenEffect?: boolean
  }
  return new GatewayError('GATEWAY_ERROR', `${gatewayCode}: ${detail}`, answer, mayHaveTakenEffect, undefined, {
    gatewayCode,
  })
}
