import { CallError } from '../../../core/base/errors.ts'
import { refundIdOf, refundStateOf } from '../../../core/base/refund-states.ts'
import { formatAmount } from '../../checks.ts'
import type { Retries } from '../../retries.ts'
import { sendOnce } from '../../send-once.ts'
import { currencyOf } from '../order/query.ts'
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
  retries: Retries,
): Promise<AcceptedRefund<object>> {
  const { out_refund_no, amount } = calls
  const sent = await sendOnce(
    {
      send: () => calls.apply(order, retries.signal),
      find: () => calls.find(undefined),
      // Responses of APIv2 and overseas have no state. The refund of an earlier attempt may be final by now.
      isConclusive: (response, mayHaveArrived) => refundStateOf(response) !== '' || !mayHaveArrived,
      trustsSignedRefusals: true,
      refused: error => refundRefused(out_refund_no, error),
      unknown: error => refundUnknown(out_refund_no, error),
    },
    retries,
  )
  if (sent.by === 'query') return acceptFoundRefund(sent.data, calls, request, false)
  const { data } = sent
  const refund_id = refundIdOf(data)
  const state = refundStateOf(data) || 'PROCESSING'
  return acceptRefund({ out_refund_no, refund_id, state, amount, by: 'response', isRepeat: false, data })
}
