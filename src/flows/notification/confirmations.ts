import { isFinallyUnpaid, isPaid } from '../../core/base/trade-states.ts'
import type { AnyNotification, Reply } from '../../core/index.ts'
import { isSuccessfulPayment } from '../expectation.ts'
import { findMismatch } from '../response-match.ts'
import { readProcessedRefund } from './processed-refund.ts'

type Fields = Readonly<Record<string, unknown>>

/** A query that confirms an APIv2 notification. */
export interface Confirmation {
  /** Whether the notification is signed. Anybody can forge unsigned ones, so their queries have a separate budget. */
  readonly isSigned: boolean
  /** Paths of the queries, to send in this order until one finds the number. */
  readonly paths: (notification: AnyNotification) => readonly string[]
  /** Returns the body of the queries. */
  readonly body: (notification: AnyNotification, mchid: string) => Fields
  /** Returns the notification with the values of the response; undefined if the response contradicts it. */
  readonly read: (notification: AnyNotification, reply: Reply<Fields>) => AnyNotification | undefined
}

/**
 * The APIv2 events that a query confirms. JSON notifications (免押速住, 免押租借) need no confirmation: their resource is
 * encrypted with the APIv3 key and AES-GCM, so a leaked text signed with the APIv2 key does not help to forge them.
 */
const CONFIRMATIONS: Readonly<Record<string, Confirmation>> = {
  'transaction-success': {
    isSigned: true,
    paths: ({ resource }) => paymentQueries(resource as Fields),
    body: ({ resource, verifiedBy }, mchid) => ({
      ...partyFields(resource as Fields, mchid),
      transaction_id: (resource as Fields).transaction_id,
      sign_type: verifiedBy,
    }),
    read: readPayment,
  },
  'combined-transactions-success': {
    isSigned: true,
    paths: () => ['pay/querycombinedorder'],
    body: ({ resource }, mchid) => ({
      combine_appid: (resource as Fields).combine_appid,
      combine_mch_id: mchid,
      combine_out_trade_no: (resource as Fields).combine_out_trade_no,
      sign_type: 'HMAC-SHA256',
    }),
    read: readCombined,
  },
  'refund-processed': {
    isSigned: false,
    paths: () => ['pay/refundquery', 'deposit/refundquery'],
    body: ({ resource, message }, mchid) => ({
      ...partyFields(message, mchid),
      out_refund_no: (resource as Fields).out_refund_no,
    }),
    read: readRefund,
  },
}

/** Returns how to confirm a notification; undefined if it needs no confirmation. */
export const confirmationOf = ({ api, event }: Pick<AnyNotification, 'api' | 'event'>): Confirmation | undefined =>
  api === 'v2' && Object.hasOwn(CONFIRMATIONS, event) ? CONFIRMATIONS[event] : undefined

/** Fields of a message that identify the app and the sub-merchant (特约商户). */
const PARTY_FIELDS: readonly string[] = ['appid', 'sub_appid', 'sub_mch_id']

const partyFields = (message: Fields, mchid: string): Fields => ({
  mch_id: mchid,
  ...Object.fromEntries(PARTY_FIELDS.filter(name => message[name]).map(name => [name, message[name]])),
})

/** Returns the queries for a payment: 委托代扣, rides (乘车码), deposits (押金) and face payments have queries of their own. */
function paymentQueries({ trade_type, sub_mch_id }: Fields): readonly string[] {
  if (trade_type !== 'PAP') return ['pay/orderquery', 'deposit/orderquery', 'pay/facepayquery']
  return sub_mch_id
    ? ['pay/partner/paporderquery', 'pay/orderquery', 'transit/partnerpay/queryorder']
    : ['pay/paporderquery', 'pay/orderquery', 'transit/queryorder']
}

/** Fields to keep from the notification, because the response has different ones of the same name. */
const KEPT_FIELDS: ReadonlySet<string> = new Set([
  'sign',
  'sign_type',
  'nonce_str',
  'return_code',
  'return_msg',
  'result_code',
  'trade_state',
])

function readPayment(notification: AnyNotification, { data }: Reply<Fields>): AnyNotification | undefined {
  const claimed = notification.resource as Fields
  const agrees = isSuccessfulPayment(claimed) ? isPaid(data.trade_state) : isFinallyUnpaid(data.trade_state)
  // The query omits the transaction of an unpaid order, and the sub-merchant if it is the merchant itself.
  const named = (name: string) => (data[name] ? claimed[name] : undefined)
  const { mch_id, out_trade_no } = claimed
  const asked = { mch_id, out_trade_no, transaction_id: named('transaction_id'), sub_mch_id: named('sub_mch_id') }
  if (!agrees || findMismatch(asked, data)) return undefined
  const fields = Object.entries(claimed).map(([name, value]) =>
    KEPT_FIELDS.has(name) || data[name] === undefined ? [name, value] : [name, data[name]],
  )
  return { ...notification, resource: Object.fromEntries(fields) }
}

/**
 * Compares the orders field by field and replaces none, because the query and the notification name fields differently.
 */
function readCombined(notification: AnyNotification, { data }: Reply<Fields>): AnyNotification | undefined {
  const claimed = notification.resource as Fields
  if (claimed.result_code !== 'SUCCESS' || !isPaid(data.trade_state)) return undefined
  const { combine_mch_id, combine_out_trade_no } = claimed
  if (findMismatch({ combine_mch_id, combine_out_trade_no }, data)) return undefined
  const orders = ordersOf(claimed).map(order =>
    JSON.stringify([order.mch_id, order.out_trade_no, order.transaction_id, order.total_fee].map(String)),
  )
  const queried = ordersOf(data).map(order =>
    JSON.stringify(
      [order.mchid, order.out_trade_no, order.transaction_id, Object(order.amount).total_amount].map(String),
    ),
  )
  const isSame = orders.length > 0 && orders.sort().join() === queried.sort().join()
  return isSame ? notification : undefined
}

const ordersOf = ({ sub_order_list }: Fields): readonly Fields[] => {
  const { order_list } = Object(sub_order_list) as Fields
  return Array.isArray(order_list) ? order_list.map(order => Object(order) as Fields) : []
}

function readRefund(notification: AnyNotification, { data, verifiedBy }: Reply<Fields>): AnyNotification | undefined {
  const { out_refund_no, refund_id } = notification.resource as Fields
  const asked = { mch_id: notification.message.mch_id, out_refund_no, refund_id }
  const resource = readProcessedRefund(data, String(out_refund_no))
  if (!resource || findMismatch(asked, { mch_id: data.mch_id, ...resource })) return undefined
  return { ...notification, id: `${notification.event}/${refund_id}/${resource.refund_status}`, resource, verifiedBy }
}
