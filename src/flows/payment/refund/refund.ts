import { CallError, MalformedError } from '../../../core/base/errors.ts'
import { isPaid } from '../../../core/base/trade-states.ts'
import type { Wechatpay } from '../../../core/client/client.ts'
import { formatAmount, formatDecimal, refuseUnknownOptions, requireMerchantNumber } from '../../checks.ts'
import { RETRY_OPTIONS, type RetryOptions, readRetries, retryQuery } from '../../retries.ts'
import { type AcceptedRefund, acceptFoundRefund, applyUntilKnown } from './apply.ts'
import { type RefundCalls, type RefundedOrder, type RefundRequest, type RefundResponse, refundCalls } from './calls.ts'

/** Options of {@link refund}. */
export interface RefundOptions extends RetryOptions {
  /**
   * Numbers of earlier refunds of this order, whose amounts are subtracted from what can be refunded. Required only in
   * APIv3, which cannot list the refunds of an order; APIv2 and overseas can.
   */
  earlier?: readonly string[] | undefined
  /**
   * Number of the combined order (合单商户订单号) that the order is part of. WeChat Pay finds such an order only by this
   * number.
   */
  combine_out_trade_no?: string | undefined
}

const OPTIONS: readonly (keyof RefundOptions)[] = ['earlier', 'combine_out_trade_no', ...RETRY_OPTIONS]

/**
 * Refunds an order (申请退款) wholly or in part, and never twice: in APIv3 for a merchant, a partner (`sub_mchid`) or an
 * e-commerce platform (`sp_appid`); overseas (`merchant_category_code`), in the currency of the order; an order within
 * a combined one with the option `combine_out_trade_no`; or in APIv2 (`mch_id`), which requires the client certificate.
 *
 * `out_refund_no` identifies the refund. Store it before the call, or derive it from the purpose of the refund with
 * {@link refundNumber}. First the number is queried, and an existing refund is returned (`isRepeat`). Then the order is
 * queried: it must be paid, `total` must be its amount, and the refund must not exceed what remains. Only then is the
 * refund sent. After a lost response, `SYSTEM_ERROR` and similar errors the number is queried again, and only if there
 * is no refund are the same parameters sent again.
 *
 * If the process stops in between, call it again with the same request.
 *
 * @param client the merchant's or partner's client
 * @param request `amount.refund`, `refund_fee`: a positive integer in the smallest unit of the order's currency (fen,
 * cents, yen); `out_refund_no`: up to 64 of `A-Za-z0-9_-|*@`
 * @param options see {@link RefundOptions}
 * @throws {CallError} the request is invalid or does not match the order; no refund was sent
 * @throws {RefundError} `REFUND_REFUSED`: no money has moved, and the message says what to do (`NOT_ENOUGH`,
 * `FREQUENCY_LIMITED`); `REFUND_CLOSED`: it was closed and no money has moved; use another `out_refund_no`;
 * `REFUND_ABNORMAL`: the shopper's account does not accept it, see {@link redirectRefund}; `OUTCOME_UNKNOWN`: money may
 * have moved; repeat the call to find out
 * @throws {ServiceError | TransportError} a query before the refund failed; no refund was sent
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
        await retryQuery(retries, () => requireRefundableOrder(calls, earlier, signal)),
        request,
        retries,
      )
  return accepted as AcceptedRefund<RefundResponse<Request>>
}

/**
 * Derives the number of a refund from its order and its purpose, so that a refund that is requested twice is made once.
 *
 * @param out_trade_no the number of the order
 * @param key identifies the refund within its order: an item, a request of the shopper. The result has at most 64
 * characters
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

/** @throws {CallError} the refund does not match the order */
async function requireRefundableOrder(
  calls: RefundCalls,
  earlier: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RefundedOrder & { total: number }> {
  const { amount, fields } = calls
  const order = await calls.order(signal)
  const { trade_state, total, currency = 'CNY' } = order
  if (!isPaid(trade_state))
    throw new CallError(
      'BODY_INVALID',
      'out_trade_no',
      `the order is ${trade_state}, but only paid orders can be refunded`,
    )
  if (total === undefined) throw new MalformedError('NOT_JSON', 'The response to the query of the order has no amount.')
  if (calls.total !== undefined && calls.total !== total)
    throw new CallError('BODY_INVALID', fields.total, `the order has the amount ${formatAmount(total, currency)}`)
  if (calls.currency !== undefined && calls.currency !== currency)
    throw new CallError(
      'BODY_INVALID',
      fields.currency,
      `the order is in ${currency}, and must be refunded in that currency`,
    )
  const refundable = total - (trade_state === 'REFUND' ? await calls.refunded(earlier, signal) : 0)
  if (amount > refundable)
    throw new CallError(
      'BODY_INVALID',
      fields.amount,
      `a refund of ${formatAmount(amount, currency)} is more than the ${formatDecimal(refundable, currency)} that can still be refunded of an order of ${formatAmount(total, currency)}`,
    )
  return { ...order, total }
}
