import { withinLimits } from '../../core/base/limits.ts'
import type { RequestOptions } from '../../core/client/client.ts'
import { callByGateway, GatewayError } from '../../core/client/gateway-call.ts'
import { type Query, stringifyQuery } from '../../core/codec/query.ts'
import type { Reply, Wechatpay } from '../../core/index.ts'
import type { Call } from '../../core/protocol/call.ts'
import { mayTakeEffect } from '../../core/protocol/call.ts'
import { apiOfPath } from '../../definitions/api-of-path.ts'
import type { KeyFaults } from '../health/key-faults.ts'
import { templateOf } from '../log/log-fields.ts'
import { Refusal } from '../problem.ts'
import { namesAnother } from '../relay/merchant.ts'
import { createReplayGuard } from '../relay/replay-guard.ts'
import { explainClientCertificate } from './client-certificate.ts'
import { compileFixedIp, type FixedIpGateway, type UsesFixedIp } from './fixed-ip.ts'

/** Marks a call that a gateway sends, so that two gateways cannot forward it to each other. */
export const FORWARDED_HEADER = 'Wechatpay-Edge-Forwarded'
/** A response of a gateway has one of these headers, the second if it refuses early. A response with neither comes from a proxy. */
export const OWN_HEADERS: readonly string[] = ['Wechatpay-Edge-Request-Id', 'Wechatpay-Edge-Error']
/** Milliseconds. The other gateway makes up to three attempts of ten seconds, with pauses. */
const TIMEOUT = 40_000
/** Matches the codes of the other gateway that the caller can act on. All others are for the operator of the two gateways. */
const CALLERS_OWN =
  /^(?:AMOUNT_|BODY_|PARAMETER_|PATH_|QUERY_|IDEMPOTENCY_KEY_|CONTENT_TYPE_|RATE_LIMITED$|BUSY$|CALL_IN_DOUBT$)/

/**
 * Makes a call for a merchant of the gateway, with the merchant's own client or by the gateway with the fixed address.
 *
 * @param path with its API and with its parameters filled in: `/v3/…`, `v2/…`
 * @param background accepts work that continues after the call; without it, the call waits for that work
 * @throws {WechatpayError} as `Wechatpay.request` does
 * @throws {Refusal} the other gateway refused the call or could not carry it out; see `mayHaveTakenEffect`
 */
export type RequestFor = (
  merchant: {
    readonly mchid: string
    readonly client: Wechatpay
    /** Continues the trace of the request, at the other gateway only: WeChat Pay has no use for it. */
    readonly traceparent?: string | undefined
  },
  method: string,
  path: string,
  options: RequestOptions,
  background?: (work: Promise<unknown>) => void,
) => Promise<Reply<unknown>>

export interface Requests {
  readonly requestFor: RequestFor
  readonly usesFixedIp: UsesFixedIp
}

/** @param keyFaults records the outcomes of the calls that this gateway signs itself */
export function createRequests(
  gateway: FixedIpGateway | undefined,
  keyFaults: Pick<KeyFaults, 'recordCall'>,
): Requests {
  const usesFixedIp = compileFixedIp(gateway)
  const guard = createReplayGuard()
  return {
    usesFixedIp,
    requestFor: async ({ mchid, client, traceparent }, method, path, options, background) => {
      const fullPath = path.startsWith('/') ? path : `/${path}`
      // The other gateway cannot repeat a stream, and no call that requires a listed address has a file.
      if (!gateway || options.raw || options.body instanceof FormData || !usesFixedIp(method, fullPath))
        return callAndRecord(
          () =>
            guard({ method, path: fullPath }, () =>
              client.request(method, path, { ...options, template: templateOf(method, fullPath) }),
            ).catch(error => {
              throw explainClientCertificate(error, mchid, fullPath)
            }),
          async error => {
            if (error !== undefined && isOfOtherKeys(mchid, fullPath, options)) return
            const recording = keyFaults.recordCall(mchid, apiOfPath(fullPath), error)
            await (background ? background(recording) : recording)
          },
        )
      return forward(gateway, mchid, method, fullPath, options, traceparent)
    },
  }
}

/** Paths of the sandbox (沙箱) of APIv2, which has keys of its own. */
const SANDBOX = /^\/v2\/(?:xdc\/apiv2)?sandbox/

/**
 * Returns whether WeChat Pay verifies a call with other keys than the merchant's, so that its failure says nothing of them: APIv2 takes the
 * key of the merchant that the call names, which a caller may choose. APIv3 takes the one that the gateway names.
 */
const isOfOtherKeys = (mchid: string, path: string, { body, params }: RequestOptions): boolean =>
  apiOfPath(path) === 'v2' && (namesAnother(mchid, [body, params]) || SANDBOX.test(path))

/** Makes a call, and records its outcome. A response that is unsigned by its definition says nothing of the keys. */
async function callAndRecord(
  call: () => Promise<Reply<unknown>>,
  record: (error?: unknown) => Promise<void>,
): Promise<Reply<unknown>> {
  try {
    const reply = await call()
    if (reply.verifiedBy !== undefined) await record()
    return reply
  } catch (error) {
    await record(error)
    throw error
  }
}

/**
 * Refuses a forwarded call that this gateway would forward too: each of the two is configured with the other as the one with the fixed
 * address. The header can only cause a refusal, so a caller gains nothing by sending it.
 *
 * @throws {Refusal} 508 `FIXED_IP_LOOP`
 */
export function refuseLoop(
  request: Request,
  method: string,
  path: string,
  { usesFixedIp }: Pick<Requests, 'usesFixedIp'>,
): void {
  if (!request.headers.has(FORWARDED_HEADER) || !usesFixedIp(method, path)) return
  throw new Refusal({
    status: 508,
    code: 'FIXED_IP_LOOP',
    detail: `Another gateway forwarded ${method} ${path}, and this one would forward it too. Remove GATEWAY_FIXED_IP_URL from the gateway that has the fixed IP.`,
    mayHaveTakenEffect: false,
  })
}

async function forward(
  { url, token, fetch: send = (...args) => fetch(...args) }: FixedIpGateway,
  mchid: string,
  method: string,
  path: string,
  { params, headers, body, signal }: RequestOptions,
  traceparent: string | undefined,
): Promise<Reply<unknown>> {
  const query = params ? stringifyQuery(params as Query) : ''
  const call: Call = { method, path, trait: {} }
  const changes = mayTakeEffect(call)
  const own = {
    Authorization: `Bearer ${token}`,
    'Wechatpay-Edge-Mchid': mchid,
    [FORWARDED_HEADER]: '1',
    ...(traceparent !== undefined && { traceparent }),
  }
  const toGateway: typeof fetch = async (input, init) => {
    // A redirect is not followed, because it would send the call, and possibly a payout, to another host.
    const response = await send(input, { ...init, redirect: 'manual' })
    if (OWN_HEADERS.some(name => response.headers.has(name))) return response
    await response.body?.cancel()
    throw new Error(`status ${response.status}, but not from a gateway`)
  }
  try {
    return await withinLimits({ timeout: TIMEOUT, signal, changes }, limitedSignal =>
      callByGateway(
        `${url}${path}${query && `?${query}`}`,
        call,
        apiOfPath(path),
        { body, ...(headers && { headers }), signal: limitedSignal },
        own,
        toGateway,
      ),
    )
  } catch (error) {
    throw error instanceof GatewayError ? refusalOf(error, url) : error
  }
}

/** Advice for the operator of the two gateways, by the code of the refusal. */
const ADVICE: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'Set GATEWAY_FIXED_IP_TOKEN here to the token of a caller there.',
  FORBIDDEN: 'Add the call to the "allow" of this gateway\'s caller there, or the merchant to its "merchants".',
  MERCHANT_UNKNOWN: 'Configure the merchant and its keys there too.',
  FIXED_IP_LOOP: 'Set GATEWAY_FIXED_IP_URL on this gateway only.',
}

/**
 * Converts a refusal of the other gateway. A problem between the two gateways gets status 502, because the caller cannot fix it; a call
 * in doubt keeps the code that it would have without the other gateway.
 */
function refusalOf({ gatewayCode, status, message, headers, mayHaveTakenEffect }: GatewayError, url: string): Refusal {
  const isCallers = mayHaveTakenEffect || CALLERS_OWN.test(gatewayCode)
  const retryAfter = headers.get('retry-after')
  const advice = isCallers ? '' : ` ${ADVICE[gatewayCode] ?? 'Check the log of that gateway.'}`
  return new Refusal({
    status: isCallers ? status : 502,
    code: isCallers ? gatewayCode : 'FIXED_IP_GATEWAY_REFUSED',
    detail: `The gateway with the fixed IP, ${new URL(url).host}, did not carry out the call. ${message}${advice}`,
    mayHaveTakenEffect,
    ...(retryAfter !== null && { headers: { 'Retry-After': retryAfter } }),
  })
}
