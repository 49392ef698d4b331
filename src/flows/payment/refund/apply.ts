import { CallError, ServiceError } from '../../../core/errors.ts'
import { formatAmount } from '../checks.ts'
import { isRateLimited, wasNotSent } from '../error-kind.ts'
import { currencyOf } from '../order/query.ts'
import type { Retries } from '../retries.ts'
import type { RefundCalls, RefundedOrder, RefundRequest } from './calls.ts'
import { refundAbnormal, refundClosed, refundRefused, refundUnknown } from './error.ts'
import { type AnyRefund, refundedAmount, refundIdOf, refundStateOf } from './query.ts'

/** A refund that WeChat Pay has accepted: it is processed, or through. {@link settledRefund} waits for the end. */
export interface AcceptedRefund<Data> {
  out_refund_no: string
  refund_id: string
  /** `PROCESSING` or `SUCCESS`, in either API; or one that WeChat Pay adds. */
  state: string
  /** The amount refunded, in the smallest unit of the order's currency (fen, cents, yen). */
  amount: number
  /** What told: the answer to the application, or a query. */
  by: 'response' | 'query'
  /** It had been applied for before this call: it is the same refund, not another. */
  isRepeat: boolean
  data: Data
}

/**
 * Returns a refund that WeChat Pay has.
 *
 * @throws {RefundError} `REFUND_CLOSED`, `REFUND_ABNORMAL`: it has it, and the shopper does not and will not get the money by it
 */
export function acceptRefund(refund: AcceptedRefund<object>): AcceptedRefund<object> {
  const { state, out_refund_no, refund_id } = refund
  if (state === 'CLOSED') throw refundClosed(out_refund_no, refund_id)
  if (state === 'ABNORMAL') throw refundAbnormal(out_refund_no, refund_id)
  return refund
}

/**
 * Reads what a query found under the number.
 *
 * @throws {CallError} another refund has the number
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
      `${out_refund_no} is another refund's, of ${formatAmount(refundedAmount(found), foundCurrency ?? currency)}`,
    )
  const refund_id = refundIdOf(found)
  const state = refundStateOf(found)
  return acceptRefund({ out_refund_no, refund_id, state, amount, by: 'query', isRepeat, data: found })
}

/**
 * Sends a refund until it is accepted, refused, or nobody can tell. It is sent again only when a query has said that it is not
 * there, or WeChat Pay that there were too many.
 *
 * @param order what is refunded
 */
export async function applyUntilKnown(
  calls: RefundCalls,
  order: RefundedOrder & { total: number },
  request: RefundRequest,
  { delays, signal, pause }: Retries,
): Promise<AcceptedRefund<object>> {
  const { out_refund_no, amount } = calls
  /** Something was sent of which nobody knows what became: it may still arrive. */
  let mayHaveArrived = false
  /** A query has said that the refund is not there, since something was sent last. */
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
        // APIv2 and overseas accept without a word on the state. One that an earlier attempt has made may be over by now: a query tells.
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
    // An unsigned refusal may be anybody's: a query has to say that there is no refund.
    if (!mayHaveArrived && (isMissing || lastError.verifiedBy !== undefined))
      throw refundRefused(out_refund_no, lastError)
    // This request was refused, but one before it may still arrive.
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

/** Whether WeChat Pay itself says no, and that nothing has happened. */
export const isProvenRefusal = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && !error.mayHaveTakenEffect
