import { CallError, ServiceError } from '../../../core/errors.ts'
import { refundIdOf, refundStateOf } from '../../../core/refund-states.ts'
import { formatAmount } from '../checks.ts'
import { isRateLimited, wasNotSent } from '../error-kind.ts'
import { currencyOf } from '../order/query.ts'
import type { Retries } from '../retries.ts'
import type { RefundCalls, RefundedOrder, RefundRequest } from './calls.ts'
import { refundAbnormal, refundClosed, refundRefused, refundUnknown } from './error.ts'
import { type AnyRefund, refundedAmount } from './query.ts'

/**
 * A refund that WeChat Pay has accepted: it is processing or successful. Use {@link settledRefund} to wait for its end.
 */
export interface AcceptedRefund<Data> {
  out_refund_no: string
  refund_id: string
  /** `PROCESSING` or `SUCCESS`, in either API; or a state that WeChat Pay may add. */
  state: string
  /** The amount refunded, in the smallest unit of the order's currency (fen, cents, yen). */
  amount: number
  /** Whether the response to the request or a query reported it. */
  by: 'response' | 'query'
  /** Whether it was requested before this call. */
  isRepeat: boolean
  data: Data
}

/**
 * Returns a refund that WeChat Pay has, unless it failed.
 *
 * @throws {RefundError} `REFUND_CLOSED`, `REFUND_ABNORMAL`: the shopper does not get the money through this refund
 */
export function acceptRefund(refund: AcceptedRefund<object>): AcceptedRefund<object> {
  const { state, out_refund_no, refund_id } = refund
  if (state === 'CLOSED') throw refundClosed(out_refund_no, refund_id)
  if (state === 'ABNORMAL') throw refundAbnormal(out_refund_no, refund_id)
  return refund
}

/**
 * Returns the refund that a query found under the number.
 *
 * @throws {CallError} it is another refund with the same number
 * @throws {RefundError} as {@link acceptRefund}
 */
export function acceptFoundRefund(
  found: AnyRefund,
  { out_refund_no, amount, currency }: RefundCalls,
  { out_trade_no, transaction_id }: RefundRequest,
  isRepeat: boolean,
): AcceptedRefund<object> {
  const foundCurrency = currencyOf(found)
  const isOther =
    refundedAmount(found) !== amount ||
    (currency !== undefined && foundCurrency !== undefined && foundCurrency !== currency) ||
    (out_trade_no && found.out_trade_no !== out_trade_no) ||
    (transaction_id && found.transaction_id !== transaction_id)
  if (isOther)
    throw new CallError(
      'BODY_INVALID',
      'out_refund_no',
      `${out_refund_no} belongs to another refund, of ${formatAmount(refundedAmount(found), foundCurrency ?? currency)}`,
    )
  const refund_id = refundIdOf(found)
  const state = refundStateOf(found)
  return acceptRefund({ out_refund_no, refund_id, state, amount, by: 'query', isRepeat, data: found })
}

/**
 * Sends a refund until it is accepted, refused, or its outcome remains unknown. Sends it again only if a query found no
 * refund, or WeChat Pay reported too many requests.
 *
 * @param order the order to refund
 */
export async function applyUntilKnown(
  calls: RefundCalls,
  order: RefundedOrder & { total: number },
  request: RefundRequest,
  { delays, signal, pause }: Retries,
): Promise<AcceptedRefund<object>> {
  const { out_refund_no, amount } = calls
  /** Whether a request with unknown outcome was sent, which may still arrive. */
  let mayHaveArrived = false
  /** Whether a query found no refund since the last request. */
  let isMissing = true
  let lastError: unknown
  for (let number = 0; number <= delays.length; number++) {
    if (number > 0) await pause(delays[number - 1]!)
    if (signal?.aborted && mayHaveArrived) break
    if (isMissing) {
      const sent = await send(calls, order, signal)
      if ('response' in sent) {
        const { response } = sent
        const refund_id = refundIdOf(response)
        const state = refundStateOf(response)
        // Responses of APIv2 and overseas have no state. The refund of an earlier attempt may be final by now, so it is
        // queried.
        if (state || !mayHaveArrived)
          return acceptRefund({
            out_refund_no,
            refund_id,
            state: state || 'PROCESSING',
            amount,
            by: 'response',
            isRepeat: false,
            data: response,
          })
      }
      lastError = 'error' in sent ? sent.error : undefined
      if (wasNotSent(lastError) && !mayHaveArrived) throw lastError
      if (isProvenRefusal(lastError) && isRateLimited(lastError)) continue
      if (!isProvenRefusal(lastError)) mayHaveArrived = true
      isMissing = false
    }
    const found = await calls.find(undefined).catch(() => 'unknown' as const)
    if (found !== undefined && found !== 'unknown') return acceptFoundRefund(found, calls, request, false)
    isMissing = found === undefined
    if (!isProvenRefusal(lastError)) continue
    // An unsigned refusal may be forged, so a query must confirm that there is no refund.
    if (!mayHaveArrived && (isMissing || lastError.verifiedBy !== undefined))
      throw refundRefused(out_refund_no, lastError)
    // This request was refused, but an earlier one may still arrive.
    if (isMissing) break
  }
  if (!mayHaveArrived && isMissing && isProvenRefusal(lastError)) throw refundRefused(out_refund_no, lastError)
  throw refundUnknown(out_refund_no, lastError)
}

const send = (
  calls: RefundCalls,
  order: RefundedOrder & { total: number },
  signal: AbortSignal | undefined,
): Promise<{ response: object } | { error: unknown }> =>
  calls.apply(order, signal).then(
    response => ({ response }),
    error => ({ error }),
  )

/** Checks whether WeChat Pay refused the request without effect. */
export const isProvenRefusal = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && !error.mayHaveTakenEffect
