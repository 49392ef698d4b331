import type { RequestOptions } from '../../core/client.ts'
import { type Query, stringifyQuery } from '../../core/codec/query.ts'
import { callByGateway, GatewayError } from '../../core/gateway-call.ts'
import type { Reply, Wechatpay } from '../../core/index.ts'
import type { Call } from '../../core/protocol/call.ts'
import { mayTakeEffect } from '../../core/protocol/call.ts'
import { within } from '../../core/transport.ts'
import type { KeyFaults } from '../health/key-faults.ts'
import { Refusal } from '../problem.ts'
import { explainClientCertificate } from '../relay/client-certificate.ts'
import { createReplayGuard } from '../relay/replay-guard.ts'
import { compileFixedIp, type FixedIpGateway, type GoesByFixedIp } from './fixed-ip.ts'

/** Tells the other gateway that a gateway sends the call, so that two of them cannot send it to and fro. */
export const FORWARDED_HEADER = 'Wechatpay-Edge-Forwarded'
/** A gateway's answer has one of them, the second where it refuses before it has begun; what lacks both was said by a proxy. */
export const OWN_HEADERS: readonly string[] = ['Wechatpay-Edge-Request-Id', 'Wechatpay-Edge-Error']
/** Milliseconds: the other gateway has three attempts of ten seconds, and pauses between them. */
const TIMEOUT = 40_000
/** Codes of the other gateway that tell the caller what to change in its call. All others are for whoever runs the two. */
const CALLERS_OWN =
  /^(?:AMOUNT_|BODY_|PARAMETER_|PATH_|QUERY_|IDEMPOTENCY_KEY_|CONTENT_TYPE_|RATE_LIMITED$|BUSY$|CALL_IN_DOUBT$)/

/**
 * Makes a call for a merchant of the gateway's: with the merchant's own client, or by the gateway with the fixed address.
 *
 * @param path with its API, filled in: `/v3/…`, `v2/…`
 * @param background takes on what goes on when the call is over; without it that is waited for
 * @throws {WechatpayError} as `Wechatpay.request` does
 * @throws {Refusal} the other gateway refused the call, or could not carry it out: `mayHaveTakenEffect` tells whether it may have been
 */
export type RequestFor = (
  merchant: { readonly mchid: string; readonly client: Wechatpay },
  method: string,
  path: string,
  options: RequestOptions,
  background?: (work: Promise<unknown>) => void,
) => Promise<Reply<unknown>>

export interface Requests {
  readonly requestFor: RequestFor
  readonly goesByFixedIp: GoesByFixedIp
}

/** @param keyFaults learns how the calls end that this gateway signs itself */
export function createRequests(gateway: FixedIpGateway | undefined, keyFaults: Pick<KeyFaults, 'called'>): Requests {
  const goesByFixedIp = compileFixedIp(gateway)
  const guard = createReplayGuard()
  return {
    goesByFixedIp,
    requestFor: async ({ mchid, client }, method, path, options, background) => {
      const whole = path.startsWith('/') ? path : `/${path}`
      // A stream cannot be sent again by the other gateway, and no call with an allow-list takes a file.
      if (!gateway || options.raw || options.body instanceof FormData || !goesByFixedIp(method, whole))
        return noted(
          () =>
            guard({ method, path: whole }, () => client.request(method, path, options)).catch(error => {
              throw explainClientCertificate(error, mchid, whole)
            }),
          async error => {
            const noting = keyFaults.called(mchid, error)
            await (background ? background(noting) : noting)
          },
        )
      return forward(gateway, mchid, method, whole, options)
    },
  }
}

/** Makes a call, and has its outcome noted. */
async function noted<T>(call: () => Promise<T>, note: (error?: unknown) => Promise<void>): Promise<T> {
  try {
    const reply = await call()
    await note()
    return reply
  } catch (error) {
    await note(error)
    throw error
  }
}

/**
 * Refuses a call that a gateway has sent on and that this one would send on again: each of the two takes the other for the one
 * with the fixed address. The header only ever refuses, so a caller gains nothing by sending it.
 *
 * @throws {Refusal} 508 `FIXED_IP_LOOP`
 */
export function refuseLoop(
  request: Request,
  method: string,
  path: string,
  { goesByFixedIp }: Pick<Requests, 'goesByFixedIp'>,
): void {
  if (!request.headers.has(FORWARDED_HEADER) || !goesByFixedIp(method, path)) return
  throw new Refusal({
    status: 508,
    code: 'FIXED_IP_LOOP',
    detail: `Another gateway sent ${method} ${path} here, and this one would send it on. Remove GATEWAY_FIXED_IP_URL from the gateway that has the fixed IP.`,
    mayHaveTakenEffect: false,
  })
}

async function forward(
  { url, token, fetch: send = (...given) => fetch(...given) }: FixedIpGateway,
  mchid: string,
  method: string,
  path: string,
  { params, headers, body, signal }: RequestOptions,
): Promise<Reply<unknown>> {
  const query = params ? stringifyQuery(params as Query) : ''
  const call: Call = { method, path, trait: {} }
  const changes = mayTakeEffect(call)
  const own = {
    Authorization: `Bearer ${token}`,
    'Wechatpay-Edge-Mchid': mchid,
    [FORWARDED_HEADER]: '1',
  }
  const toGateway: typeof fetch = async (input, init) => {
    // A redirect would lead the call, and what it pays, to another host.
    const response = await send(input, { ...init, redirect: 'manual' })
    if (OWN_HEADERS.some(name => response.headers.has(name))) return response
    await response.body?.cancel()
    throw new Error(`it answered ${response.status}, and not as a gateway does`)
  }
  try {
    return await within({ timeout: TIMEOUT, signal, changes }, signal =>
      callByGateway(
        `${url}${path}${query && `?${query}`}`,
        call,
        path.startsWith('/v2/') ? 'v2' : 'v3',
        { body, ...(headers && { headers }), signal },
        own,
        toGateway,
      ),
    )
  } catch (error) {
    throw error instanceof GatewayError ? refusalOf(error, url) : error
  }
}

/** What whoever runs the two gateways has to do, by the code of the one that refused. */
const ADVICE: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'Set GATEWAY_FIXED_IP_TOKEN here to the token of a caller there.',
  FORBIDDEN: 'Add the call to the "allow" of this gateway\'s caller there, or the merchant to its "merchants".',
  MERCHANT_UNKNOWN: 'Configure the merchant and its keys there, too.',
  FIXED_IP_LOOP: 'Only this gateway is to have GATEWAY_FIXED_IP_URL.',
}

/**
 * Says where the refusal comes from. What is wrong between the two gateways is not the caller's to answer for; a call in doubt has
 * the code that it would have without the other gateway.
 */
function refusalOf({ gatewayCode, status, message, headers, mayHaveTakenEffect }: GatewayError, url: string): Refusal {
  const isCallers = mayHaveTakenEffect || CALLERS_OWN.test(gatewayCode)
  const retryAfter = headers.get('retry-after')
  const advice = isCallers ? '' : ` ${ADVICE[gatewayCode] ?? 'Look at the log of that gateway.'}`
  return new Refusal({
    status: isCallers ? status : 502,
    code: isCallers ? gatewayCode : 'FIXED_IP_GATEWAY_REFUSED',
    detail: `The gateway with the fixed IP, ${new URL(url).host}, did not carry out the call. ${message}${advice}`,
    mayHaveTakenEffect,
    ...(retryAfter !== null && { headers: { 'Retry-After': retryAfter } }),
  })
}
