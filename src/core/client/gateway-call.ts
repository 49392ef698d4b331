import type { Api, CallOptions, Reply } from '../../definitions/call.ts'
import { hex } from '../base/bytes.ts'
import { ResponseError, TransportError } from '../base/errors.ts'
import { withinLimits } from '../base/limits.ts'
import { withoutUrl } from '../base/without-url.ts'
import { parseJson, parseJsonOr, stringifyJson } from '../codec/json.ts'
import type { XmlFields } from '../codec/xml.ts'
import { type Call, mayTakeEffect } from '../protocol/call.ts'
import { PROTOCOLS } from '../protocol/protocols.ts'
import { MAX_JSON, readWhole, replyOf } from '../protocol/response.ts'
import { inDoubt } from './transport.ts'

/** Thrown if the gateway, not WeChat Pay, refused a call or could not make it. */
export class GatewayError extends ResponseError<'GATEWAY_ERROR'> {
  override readonly name: string = 'GatewayError'
  /** The gateway's own stable code: `UNAUTHORIZED`, `TIMEOUT`. */
  declare readonly gatewayCode: string
}

type GatewayCallOptions = CallOptions & { body?: unknown }

/** Sends one call to the gateway at `url`, and reads its response as if WeChat Pay had sent it. */
export async function callByGateway(
  url: string,
  call: Call,
  api: Api,
  { body, signal, headers: more }: GatewayCallOptions,
  headers: HeadersInit | undefined,
  fetchGateway: typeof fetch,
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
    fetchGateway(url, request).catch(error => {
      const cause = withoutUrl(error, url)
      throw new TransportError(
        signal?.aborted ? 'ABORTED' : 'NETWORK_ERROR',
        `No response from the gateway at ${new URL(url).host}: ${cause instanceof Error ? cause.message : typeof cause}.`,
        changes,
        cause,
      )
    })
  let response = await attempt()
  for (let number = 1; number < MAX_ATTEMPTS && isUnderWay(response); number++) {
    await response.body?.cancel()
    const seconds = Math.min(Number(response.headers.get('retry-after')) || 1, MAX_WAIT)
    const wait = () => new Promise(resolve => setTimeout(resolve, seconds * 1000))
    await withinLimits({ timeout: Number.POSITIVE_INFINITY, signal, changes, isInDoubt: changes }, wait)
    response = await attempt()
  }
  return readResponse(response, call, api)
}

/**
 * The gateway makes one call per key. Chromium repeats a POST if a reused connection breaks after the request has
 * arrived; both requests then have the same key.
 */
const IDEMPOTENCY_KEY = 'idempotency-key'
const UNDER_WAY = 'IDEMPOTENCY_KEY_IN_USE'
/** Maximum number of requests for the response to a call in progress, and the maximum pause between them in seconds. */
const MAX_ATTEMPTS = 6
const MAX_WAIT = 5

/** Returns whether the gateway is making the same call already, so that its response will be available soon. */
const isUnderWay = ({ headers }: Response): boolean => headers.get('wechatpay-edge-error') === UNDER_WAY

/** Reads a response of WeChat Pay that the gateway has verified. */
async function readResponse(response: Response, call: Call, api: Api): Promise<Reply<unknown>> {
  const { status, headers } = response
  const isStream = response.ok && status !== 204 && !headers.get('content-type')?.startsWith('application/json')
  const { body } = isStream ? { body: '' } : await readWhole(response, call, MAX_JSON)
  const gatewayCode = headers.get('wechatpay-edge-error')
  if (gatewayCode) throw gatewayErrorOf(gatewayCode, { status, headers, body }, call)
  const verifiedBy = headers.get('wechatpay-edge-verified-by')
  const fields = api === 'v2' && body ? (parseJson(body) as XmlFields) : undefined
  const verified = { response, status, headers, body, ...(fields && { fields }), ...(verifiedBy && { verifiedBy }) }
  if (isStream) return replyOf(verified, response.body)
  // The gateway has decrypted the fields, so no account is needed.
  return PROTOCOLS[api].decode(verified, call, {} as never).catch(error => {
    // The gateway knows whether an earlier call with the same key may have taken effect; the refusal does not say.
    throw headers.has('wechatpay-edge-in-doubt') ? inDoubt(error) : error
  })
}

/**
 * Creates the error of a problem document of the gateway. The outcome of a call that changes something is unknown after
 * a 5xx that does not state whether it may have taken effect, and while the call is in progress.
 */
function gatewayErrorOf(
  gatewayCode: string,
  received: { status: number; headers: Headers; body: string },
  call: Call,
): GatewayError {
  // A proxy may have replaced the document by a page.
  const isUnknown = mayTakeEffect(call) && (received.status >= 500 || gatewayCode === UNDER_WAY)
  const { detail = '', mayHaveTakenEffect = isUnknown } = Object(parseJsonOr(received.body, undefined))
  return new GatewayError('GATEWAY_ERROR', `${gatewayCode}: ${detail}`, received, mayHaveTakenEffect, undefined, {
    gatewayCode,
  })
}
