import { ServiceError, WechatpayError } from '../../../core/base/errors.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type { V3EcommerceRefundReturnAdvance } from '../../../definitions/generated/types.ts'
import { refuseUnknownOptions } from '../../checks.ts'
import { isAbsent, isUnavailable } from '../../error-kind.ts'
import { MCHID, type ParameterFormat, requireParameter } from '../../parameter.ts'
import { requireMatch } from '../../response-match.ts'
import { onceOnly, QUERY_OPTIONS, RETRY_OPTIONS, type RetryOptions, readRetries, retryQuery } from '../../retries.ts'
import { sendOnce } from '../../send-once.ts'
import { type Settled, type SettledOptions, waitUntilSettled } from '../../settled.ts'

/** Identifies the return of an advance (垫付退款回补), which a refund has at most one of. */
export interface AdvanceReturnName {
  /** WeChat Pay's number of the advanced refund (`refund_account: 'REFUND_SOURCE_PARTNER_ADVANCE'`). */
  readonly refund_id: string
  /** The sub-merchant (二级商户) in whose place the platform has paid the refund. */
  readonly sub_mchid: string
}

/** A return that WeChat Pay has accepted. */
export interface AcceptedAdvanceReturn {
  refund_id: string
  advance_return_id: string
  /** `SUCCESS`; or `PROCESSING` while the sub-merchant's balance is insufficient, which WeChat Pay tries again for 90 days. */
  state: string
  /** In fen. */
  amount: number
  /** Whether it was requested before this call. */
  isRepeat: boolean
  data: V3EcommerceRefundReturnAdvance
}

/**
 * `ADVANCE_RETURN_REFUSED`: no money has moved. `ADVANCE_RETURN_FAILED`: the sub-merchant had too little for 90 days, and
 * the return cannot be repeated. `OUTCOME_UNKNOWN`: money may have moved.
 */
export type AdvanceReturnCode = 'ADVANCE_RETURN_REFUSED' | 'ADVANCE_RETURN_FAILED' | 'OUTCOME_UNKNOWN'

/**
 * Thrown if an advance was not returned, or the outcome is unknown. It is always safe to call `returnAdvance` again,
 * because the advance of a refund is returned at most once.
 */
export class AdvanceReturnError extends WechatpayError {
  override readonly name: string = 'AdvanceReturnError'
  declare readonly code: AdvanceReturnCode
  declare readonly refund_id: string
  /** WeChat Pay's code of a refusal. */
  declare readonly serviceCode: string | undefined
  declare readonly mayHaveTakenEffect: boolean
}

const REFUND_ID: ParameterFormat = [/^[\dA-Za-z]{1,32}$/, "WeChat Pay's number of the refund"]

/** `FAIL` is the name in some responses. */
const FAILED: ReadonlySet<string> = new Set(['FAILED', 'FAIL'])

/**
 * Returns the money of an advanced refund (垫付退款) from the sub-merchant to the platform (垫付退款回补), once.
 *
 * First the return is queried, and an existing one is returned (`isRepeat`); one that is processing is requested again,
 * as WeChat Pay allows, so that it is tried at once. After a lost response and other errors it is queried again, and only
 * if there is none is the request repeated. If the process stops in between, call it again.
 *
 * @param client the platform's client
 * @param name see {@link AdvanceReturnName}
 * @param options see {@link RetryOptions}
 * @throws {CallError} `PARAMETER_INVALID`: names the field; nothing was sent
 * @throws {AdvanceReturnError} `ADVANCE_RETURN_REFUSED`: for example because the refund is no advance;
 * `ADVANCE_RETURN_FAILED`; `OUTCOME_UNKNOWN`: repeat the call to find out
 * @throws {ServiceError | TransportError} the query before failed; nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012476927
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012476916
 * @example
 * ```ts
 * const { refund_id } = await refund(wxpay, { ...request, refund_account: 'REFUND_SOURCE_PARTNER_ADVANCE' })
 * const { state } = await returnAdvance(wxpay, { refund_id, sub_mchid }) // once the refund is successful
 * ```
 */
export async function returnAdvance(
  client: Wechatpay,
  name: AdvanceReturnName,
  options: RetryOptions = {},
): Promise<AcceptedAdvanceReturn> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  const { refund_id, sub_mchid } = requireName(name)
  const retries = readRetries(options)
  const { signal, timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  const find = (more: CallOptions) =>
    queryAdvanceReturn(client, name, { ...callOptions, ...more }).catch(error => {
      if (isAbsent(error)) return undefined
      throw error
    })
  const endpoint = client.v3.ecommerce.refunds._refund_id_.returnAdvance
  const send = async () =>
    requireMatch(
      { refund_id },
      await endpoint.post({ sub_mchid }, { ...onceOnly(callOptions, signal), refund_id }),
      true,
    )
  const before = await retryQuery(retries, () => find(signal ? { signal } : {}))
  if (before?.result === 'PROCESSING') return accept(await send().catch(() => before), true)
  if (before) return accept(before, true)
  const { data } = await sendOnce<V3EcommerceRefundReturnAdvance, V3EcommerceRefundReturnAdvance>(
    {
      send,
      find: () => find({}),
      isConclusive: () => true,
      trustsSignedRefusals: true,
      refused: error => refused(refund_id, error),
      unknown: error => unknown(refund_id, error),
    },
    retries,
  )
  return accept(data, false)
}

/**
 * Waits until the return of an advance is settled: `SUCCESS`, or `FAILED` after 90 days in which the sub-merchant's balance
 * was insufficient. There is no notification, so it queries at once, then every hour, and at the deadline.
 *
 * Changes nothing. If the process stops, call it again.
 *
 * @param client the platform's client
 * @param name see {@link AdvanceReturnName}
 * @param options see {@link SettledOptions}; `delays` in milliseconds, default an hour
 * @returns `isFinal: false` with the last known state if the deadline comes first
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query permanently
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012476916
 * @example
 * ```ts
 * const { state } = await settledAdvanceReturn(wxpay, { refund_id, sub_mchid }, { deadline: Date.now() + 86_400_000 })
 * ```
 */
export async function settledAdvanceReturn(
  client: Wechatpay,
  name: AdvanceReturnName,
  options: Omit<SettledOptions, 'notifications'>,
): Promise<Settled<V3EcommerceRefundReturnAdvance>> {
  requireName(name)
  return waitUntilSettled(
    {
      query: queryOptions => queryAdvanceReturn(client, name, queryOptions),
      stateOf: ({ result }) => (FAILED.has(result) ? 'FAILED' : result),
      isFinal: state => state === 'SUCCESS' || state === 'FAILED',
      readNotification: () => undefined,
      delays: [3_600_000],
      now: credentialsOf(client).account.now,
    },
    options,
  )
}

function requireName({ refund_id, sub_mchid }: AdvanceReturnName): AdvanceReturnName {
  return {
    refund_id: requireParameter(refund_id, 'refund_id', REFUND_ID),
    sub_mchid: requireParameter(sub_mchid, 'sub_mchid', MCHID),
  }
}

/** @throws {ResponseMismatchError} the response is about another refund */
async function queryAdvanceReturn(
  client: Wechatpay,
  { refund_id, sub_mchid }: AdvanceReturnName,
  options: CallOptions,
): Promise<V3EcommerceRefundReturnAdvance> {
  const endpoint = client.v3.ecommerce.refunds._refund_id_.returnAdvance
  return requireMatch(
    { refund_id },
    await endpoint.get({ ...options, ...QUERY_OPTIONS, refund_id, params: { sub_mchid } }),
  )
}

/** @throws {AdvanceReturnError} `ADVANCE_RETURN_FAILED` */
function accept(data: V3EcommerceRefundReturnAdvance, isRepeat: boolean): AcceptedAdvanceReturn {
  const { refund_id, advance_return_id, return_amount: amount, result: state } = data
  if (!FAILED.has(state)) return { refund_id, advance_return_id, state, amount, isRepeat, data }
  const message = `The advance of the refund ${refund_id} was not returned, because the sub-merchant's balance was insufficient for 90 days. WeChat Pay does not try again: settle it with the sub-merchant in another way.`
  throw new AdvanceReturnError('ADVANCE_RETURN_FAILED', message, undefined, { refund_id, mayHaveTakenEffect: false })
}

function refused(refund_id: string, error: ServiceError): AdvanceReturnError {
  const { serviceCode, serviceMessage } = error
  const message = `Returning the advance of the refund ${refund_id} was refused, ${serviceCode}: ${serviceMessage}. Advice: only a successful refund that the platform has advanced can be returned; then repeat the call.`
  return new AdvanceReturnError('ADVANCE_RETURN_REFUSED', message, error, {
    refund_id,
    serviceCode,
    mayHaveTakenEffect: false,
  })
}

function unknown(refund_id: string, error: unknown): AdvanceReturnError {
  const isDown = isUnavailable(error) ? ' WeChat Pay is unavailable.' : ''
  const message = `The outcome of returning the advance of the refund ${refund_id} is unknown.${isDown} Repeat the call: the return is found, or made once.`
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  return new AdvanceReturnError('OUTCOME_UNKNOWN', message, error, { refund_id, serviceCode, mayHaveTakenEffect: true })
}
