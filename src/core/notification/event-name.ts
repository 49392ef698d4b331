type Fields = Readonly<Record<string, unknown>>

/** The `event_type` that WeChat Pay uses both for payments (支付通知) and for profit sharing (分账动账通知). */
const AMBIGUOUS = 'TRANSACTION.SUCCESS'
/** This library's name for profit sharing with that `event_type`. */
export const PROFIT_SHARING_CHANGE = 'PROFITSHARING.CHANGE'

/** Fields of payments only. */
const PAYMENT_FIELDS: readonly string[] = ['trade_state', 'sub_orders', 'combine_out_trade_no']
/** Fields of profit sharing only. */
const SHARING_FIELDS: readonly string[] = ['order_id', 'receiver', 'receivers']

/**
 * Returns the event name of an APIv3 notification: its `event_type`, or `PROFITSHARING.CHANGE` for a `TRANSACTION.SUCCESS` of profit
 * sharing. Only the decrypted resource distinguishes the two, because `original_type` differs between merchants.
 *
 * @param eventType as received
 * @param resource decrypted
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012116672
 */
export function eventNameOf(eventType: string, resource: Fields): string {
  if (eventType !== AMBIGUOUS || PAYMENT_FIELDS.some(name => name in resource)) return eventType
  return SHARING_FIELDS.some(name => name in resource) ? PROFIT_SHARING_CHANGE : eventType
}
