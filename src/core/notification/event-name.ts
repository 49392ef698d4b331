import type { Api } from '../../definitions/call.ts'
import { brandEventNames, v2EventNames } from '../../definitions/generated/event-names.ts'

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
 * Returns the event name of a notification of APIv3 or of the brand API: its `event_type`, or `PROFITSHARING.CHANGE` for a
 * `TRANSACTION.SUCCESS` of profit sharing. Only the decrypted resource distinguishes the two, because `original_type` differs between
 * merchants. See {@link nameInApi} for prefixes.
 *
 * @param eventType as received
 * @param resource decrypted
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012116672
 */
export function eventNameOf(api: 'v3' | 'brand', eventType: string, resource: Fields): string {
  const name = nameInApi(api, eventType)
  if (name !== AMBIGUOUS || PAYMENT_FIELDS.some(field => field in resource)) return name
  return SHARING_FIELDS.some(field => field in resource) ? PROFIT_SHARING_CHANGE : name
}

/**
 * Returns the name of an event that an API sends: its `event_type`, with the prefix `v2/`, `v3/` or `brand/` if another API owns that
 * name. APIv2 and the brand API own the names that only they define, APIv3 all others, even those without a definition. So a name
 * belongs to one API, and an event is never taken for one of another API: a rental for a payment, an event of a brand for one of a
 * merchant.
 *
 * @param eventType as received
 */
export function nameInApi(api: Api, eventType: string): string {
  const owner = brandEventNames.includes(eventType) ? 'brand' : v2EventNames.includes(eventType) ? 'v2' : 'v3'
  return api === owner ? eventType : `${api}/${eventType}`
}
