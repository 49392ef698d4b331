import type { Wechatpay } from '../../../core/client.ts'
import { CallError, MalformedError } from '../../../core/errors.ts'
import { isPaid } from '../../../core/trade-states.ts'
import { formatAmount, formatDecimal, refuseUnknownOptions, requireMerchantNumber } from '../checks.ts'
import { RETRY_OPTIONS, type RetryOptions, readRetries, retryQuery } from '../retries.ts'
import { type AcceptedRefund, acceptFoundRefund, applyUntilKnown } from './apply.ts'
import { type RefundCalls, type RefundedOrder, type RefundRequest, type RefundResponse, refundCalls } from './calls.ts'

/** How a refund is made. */
export interface RefundOptions extends RetryOptions {
  /**
   * The numbers of the refunds that this order has had: what they took is subtracted from what is left. APIv3 has no list of
   * an order's refunds; for APIv2 and overseas, which have one, they need not be named.
   */
  earlier?: readonly string[] | undefined
  /**
   * Number of the combined order (合单商户订单号) that the refunded order is part of: WeChat Pay knows such an order by this number
   * only, so that it is queried by it.
   */
  combine_out_trade_no?: string | undefined
}

const OPTIONS: readonly (keyof RefundOptions)[] = ['earlier', 'combine_out_trade_no', ...RETRY_OPTIONS]

/**
 * Refunds (申请退款), wholly or in part, and never twice: in APIv3, as a merchant, as a partner (`sub_mchid`) or as an e-commerce
 * platform (`sp_appid`); overseas (`merchant_category_code`), in the currency of the order; an order of a combined one with `combine_out_trade_no` among the options; in APIv2 (`mch_id`), which
 * requires the client certificate.
 *
 * The number `out_refund_no` is the refund: it is the caller's to keep, ahead of the call, or {@link refundNumber} makes it of
 * what the refund is for. First it is queried, and what is there is returned (`isRepeat`). Then the order is queried: it
 * has to be paid, `total` its amount, and what is refunded within what is left. Only then the refund is sent. A lost answer,
 * `SYSTEM_ERROR` and the like are settled by a query by that number, and only if it is not there are the very same
 * parameters sent again.
 *
 * When the process dies in between, the refund is wherever it was: call `refund` again with the same request.
 *
 * @param request `amount.refund`, `refund_fee`: a positive integer, in the smallest unit of the order's
 * currency (fen, cents, yen); `out_refund_no`: up to 64 of `A-Za-z0-9_-|*@`
 * @throws {CallError} the request cannot be right, or does not fit the order. No refund was sent
 * @throws {RefundError} `REFUND_REFUSED`: no money moved, and the message says what to do (`NOT_ENOUGH`, `FREQUENCY_LIMITED`);
 * `REFUND_CLOSED`: it was closed and no money moved, and only another `out_refund_no` refunds; `REFUND_ABNORMAL`: the shopper's
 * account does not take it, see {@link redirectRefund}; `OUTCOME_UNKNOWN`: it may have moved, and the same call again finds out
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
): Promise<AcceptedRefund<RefundResponse<Request>>> {
  refuseUnknownOptions(options, OPTIONS)
  const { earlier = [], combine_out_trade_no, signal, timeout } = options
  const calls = refundCalls(client, request, timeout === undefined ? {} : { timeout }, combine_out_trade_no)
  const retries = readRetries(options)
  const before = await retryQuery(retries, () => calls.find(signal))
  const accepted = before
    ? acceptFoundRefund(before, calls, request, true)
    : await applyUntilKnown(
        calls,
        await retryQuery(retries, () => requireRefundableOrder(calls, earlier)),
        request,
        retries,
      )
  return accepted as AcceptedRefund<RefundResponse<Request>>
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
  requireMerchantNumber(out_trade_no, 'out_trade_no', 32)
  requireMerchantNumber(key, 'key', 63 - out_trade_no.length)
  return `${out_trade_no}-${key}`
}

/** @throws {CallError} the refund does not fit the order */
async function requireRefundableOrder(
  calls: RefundCalls,
  earlier: readonly string[],
): Promise<RefundedOrder & { total: number }> {
  const { amount, fields } = calls
  const order = await calls.order()
  const { trade_state, total, currency = 'CNY' } = order
  if (!isPaid(trade_state))
    throw new CallError(
      'BODY_INVALID',
      'out_trade_no',
      `the order is ${trade_state}, and only what is paid is refunded`,
    )
  if (total === undefined) throw new MalformedError('NOT_JSON', 'The query of the order tells no amount.')
  if (calls.total !== undefined && calls.total !== total)
    throw new CallError('BODY_INVALID', fields.total, `the order is one of ${formatAmount(total, currency)}`)
  if (calls.currency !== undefined && calls.currency !== currency)
    throw new CallError(
      'BODY_INVALID',
      fields.currency,
      `the order is in ${currency}, and what is paid is refunded in its currency`,
    )
  const refundable = total - (trade_state === 'REFUND' ? await calls.refunded(earlier) : 0)
  if (amount > refundable)
    throw new CallError(
      'BODY_INVALID',
      fields.amount,
      `a refund of ${formatAmount(amount, currency)} is more than the ${formatDecimal(refundable, currency)} that can still be refunded of an order of ${formatAmount(total, currency)}`,
    )
  return { ...order, total }
}
