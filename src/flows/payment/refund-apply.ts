import { CallError, ServiceError } from '../../core/errors.ts'
import type { RefundCalls, RefundRequest } from './refund-calls.ts'
import { refundRefused, refundUnknown } from './refund-error.ts'
import { type AnyRefund, refundedFen, refundStateOf } from './refund-query.ts'
import { isAbsent, isPassing, isTooOften, wasNotSent } from './service-code.ts'

/** A refund that WeChat Pay has accepted: it is processed, or through. {@link settledRefund} waits for the end. */
export interface AcceptedRefund<Answer> {
  out_refund_no: string
  refund_id: string
  /** `PROCESSING`, `SUCCESS`, `CLOSED`, `ABNORMAL`, in either API; or one that WeChat Pay adds. */
  state: string
  /** What is refunded, in fen. */
  fen: number
  /** What told: the answer to the application, or a query. */
  by: 'answer' | 'query'
  /** It had been applied for before this call: it is the same refund, not another. */
  isRepeat: boolean
  data: Answer
}

/** How often, and how far apart, something is tried. */
export interface Tries {
  readonly delays: readonly number[]
  readonly signal: AbortSignal | undefined
  pause(ms: number): Promise<void>
}

/** A query that changes nothing is repeated while that makes sense. */
export async function patiently<T>({ delays, signal, pause }: Tries, query: () => Promise<T>): Promise<T> {
  for (let number = 0; ; number++) {
    try {
      return await query()
    } catch (error) {
      if (number >= delays.length || signal?.aborted || isAbsent(error) || !isPassing(error)) throw error
    }
    await pause(delays[number]!)
  }
}

/** What a query found under the number. @throws {CallError} another refund has it */
export function foundRefund(
  found: AnyRefund,
  { out_refund_no, fen }: RefundCalls,
  { out_trade_no, transaction_id }: RefundRequest,
  isRepeat: boolean,
): AcceptedRefund<object> {
  const isOther =
    refundedFen(found) !== fen ||
    (out_trade_no && found.out_trade_no !== out_trade_no) ||
    (transaction_id && found.transaction_id !== transaction_id)
  if (isOther)
    throw new CallError(
      'BODY_INVALID',
      'out_refund_no',
      `${out_refund_no} is another refund's, of ${refundedFen(found)} fen`,
    )
  const { refund_id } = found
  return { out_refund_no, refund_id, state: refundStateOf(found), fen, by: 'query', isRepeat, data: found }
}

/**
 * Sends a refund until it is accepted, refused, or nobody can tell. It is sent again only when a query has said that it is not
 * there, or WeChat Pay that there were too many.
 *
 * @param total of the order, in fen
 */
export async function apply(
  calls: RefundCalls,
  total: number,
  request: RefundRequest,
  { delays, signal, pause }: Tries,
): Promise<AcceptedRefund<object>> {
  const { out_refund_no, fen } = calls
  /** Something was sent of which nobody knows what became. */
  let isDoubtful = false
  /** A query has said that the refund is not there, since something was sent last. */
  let isMissing = true
  let last: unknown
  for (let number = 0; number <= delays.length; number++) {
    if (number > 0) await pause(delays[number - 1]!)
    if (signal?.aborted && isDoubtful) break
    if (isMissing) {
      try {
        const answer = await calls.apply(total, signal)
        const { refund_id } = answer as { refund_id: string }
        // APIv2 accepts without a word on the state.
        const state = refundStateOf(answer) || 'PROCESSING'
        return { out_refund_no, refund_id, state, fen, by: 'answer', isRepeat: false, data: answer }
      } catch (error) {
        last = error
        if (wasNotSent(error) && !isDoubtful) throw error
        if (isTooOften(error)) continue
        if (isRefusal(error) && !isDoubtful) throw refundRefused(out_refund_no, error)
        isDoubtful = true
        isMissing = false
      }
    }
    const found = await calls.find(undefined).catch(() => 'unknown' as const)
    if (found === undefined) {
      isMissing = true
      if (isRefusal(last)) throw refundRefused(out_refund_no, last)
    } else if (found !== 'unknown') return foundRefund(found, calls, request, false)
  }
  if (!isDoubtful && last instanceof ServiceError) throw refundRefused(out_refund_no, last)
  throw refundUnknown(out_refund_no, last)
}

/** WeChat Pay says no, and that nothing has happened. */
const isRefusal = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && !error.mayHaveTakenEffect && !isTooOften(error)
