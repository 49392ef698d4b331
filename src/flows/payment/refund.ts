import type { Wechatpay } from '../../core/client.ts'
import { CallError, MalformedError } from '../../core/errors.ts'
import { isPaid } from '../../core/trade-states.ts'
import { type Wait, waitOrAbort, wait as waitWithTimer } from '../wait.ts'
import { refuseUnknownOptions, requireNumber, requirePositive } from './checks.ts'
import { type AcceptedRefund, apply, foundRefund, patiently, type Tries } from './refund-apply.ts'
import { type RefundAnswer, type RefundCalls, type RefundRequest, refundCalls } from './refund-calls.ts'

/** How a refund is made. */
export interface RefundOptions {
  /**
   * The numbers of the refunds that this order has had: what they took is subtracted from what is left. APIv3 has no list of
   * an order's refunds; for APIv2, which has one, they need not be named.
   */
  earlier?: readonly string[] | undefined
  /** Gives up. What has been sent is settled by one more query. */
  signal?: AbortSignal | undefined
  /** Milliseconds from a try that failed to the next; there is one try more than delays. Default 5, 10, 30 and 60 seconds. */
  delays?: readonly number[] | undefined
  /** Milliseconds that an attempt of a call may take. Default: the client's. */
  timeout?: number | undefined
  /** Waits between the tries. Default: a timer. */
  wait?: Wait | undefined
}

const OPTIONS: readonly (keyof RefundOptions)[] = ['earlier', 'signal', 'delays', 'timeout', 'wait']
const DELAYS = [5_000, 10_000, 30_000, 60_000]

/**
 * Refunds (申请退款), wholly or in part, and never twice: in APIv3 or APIv2 (`mch_id`, which demands the client certificate).
 *
 * The number `out_refund_no` is the refund: it is the caller's to keep, ahead of the call, or {@link refundNumber} makes it of
 * what the refund is for. First it is queried, and what is there is returned (`isRepeat`). Then the order is queried: it
 * has to be paid, `total` its amount, and what is refunded within what is left. Only then the refund is sent. A lost answer,
 * `SYSTEM_ERROR` and the like are settled by a query by that number, and only if it is not there are the very same
 * parameters sent again.
 *
 * @param request `amount.refund`, `refund_fee`: a positive integer in fen; `out_refund_no`: up to 64 of `A-Za-z0-9_-|*@`
 * @throws {CallError} the request cannot be right, or does not fit the order. No refund was sent
 * @throws {RefundError} `REFUND_REFUSED`: no money moved, and the message says what to do (`NOT_ENOUGH`, `FREQUENCY_LIMITED`);
 * `OUTCOME_UNKNOWN`: it may have moved, and the same call again finds out
 * @throws {ServiceError} {@link TransportError} a query failed ahead of the refund, which was not sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070371
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937624
 * @example
 * ```ts
 * const out_refund_no = refundNumber(out_trade_no, 'item-3') // the same for the same item, however often
 * const { state } = await refund(wxpay, { out_trade_no, out_refund_no, amount: { refund: 30 } }) // fen
 * ```
 */
export async function refund<Request extends RefundRequest>(
  client: Wechatpay,
  request: Request,
  options: RefundOptions = {},
): Promise<AcceptedRefund<RefundAnswer<Request>>> {
  refuseUnknownOptions(options, OPTIONS)
  const { earlier = [], signal, delays = DELAYS, timeout, wait = waitWithTimer } = options
  const calls = refundCalls(client, request, timeout === undefined ? {} : { timeout })
  for (const delay of delays) requirePositive(delay, 'delays', 'milliseconds')
  const tries: Tries = { delays, signal, pause: ms => waitOrAbort(wait, ms, signal) }
  const before = await patiently(tries, () => calls.find(signal))
  const accepted = before
    ? foundRefund(before, calls, request, true)
    : await apply(calls, await patiently(tries, () => checkedTotal(calls, earlier)), request, tries)
  return accepted as AcceptedRefund<RefundAnswer<Request>>
}

/**
 * Makes the number of a refund of what it is for: the same order and the same key give the same number, so that a refund that
 * is asked for twice is made once.
 *
 * @param key what names the refund within its order: an item, a request of the shopper's. The number has 64 characters at most
 * @throws {CallError} `BODY_INVALID`
 * @example
 * ```ts
 * refundNumber('20260101001', 'item-3') // '20260101001-item-3'
 * ```
 */
export function refundNumber(out_trade_no: string, key: string): string {
  requireNumber(out_trade_no, 'out_trade_no', 32)
  requireNumber(key, 'key', 63 - out_trade_no.length)
  return `${out_trade_no}-${key}`
}

/** @returns what the order costs, in fen @throws {CallError} the refund does not fit it */
async function checkedTotal(calls: RefundCalls, earlier: readonly string[]): Promise<number> {
  const { fen, fields } = calls
  const { trade_state, total } = await calls.order()
  if (!isPaid(trade_state))
    throw new CallError(
      'BODY_INVALID',
      'out_trade_no',
      `the order is ${trade_state}, and only what is paid is refunded`,
    )
  if (total === undefined) throw new MalformedError('NOT_JSON', 'The query of the order tells no amount.')
  if (calls.total !== undefined && calls.total !== total)
    throw new CallError('BODY_INVALID', fields.total, `the order is one of ${total} fen`)
  const left = total - (trade_state === 'REFUND' ? await calls.refunded(earlier) : 0)
  if (fen > left)
    throw new CallError(
      'BODY_INVALID',
      fields.fen,
      `a refund of ${fen} fen is more than the ${left} that can still be refunded of an order of ${total} fen`,
    )
  return total
}
