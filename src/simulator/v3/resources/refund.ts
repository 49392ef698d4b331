import type { Order } from '../../accounts/orders/orders.ts'
import type { Refund, RefundStatus } from '../../accounts/orders/refunds.ts'
import { rfc3339 } from '../../clock/time.ts'

const RECEIVED_BY = '支付用户零钱'

/** Returns the fields that responses to merchants, partners and e-commerce platforms have in common. */
const commonFields = (refund: Refund): object => ({
  refund_id: refund.refund_id,
  out_refund_no: refund.out_refund_no,
  transaction_id: refund.transaction_id,
  out_trade_no: refund.out_trade_no,
  channel: refund.channel,
  user_received_account: RECEIVED_BY,
  ...(refund.succeededAt !== undefined && { success_time: rfc3339(refund.succeededAt) }),
  create_time: rfc3339(refund.createdAt),
  status: refund.status,
  funds_account: refund.source,
  promotion_detail: [],
})

/** Returns the body of a response about a refund to a merchant or a partner. */
export const domesticRefundBody = (refund: Refund): object => ({
  ...commonFields(refund),
  amount: {
    total: refund.total,
    refund: refund.refund,
    from: sourcesOf(refund),
    payer_total: refund.total,
    payer_refund: refund.refund,
    settlement_refund: refund.refund,
    settlement_total: refund.total,
    discount_refund: 0,
    currency: 'CNY',
    refund_fee: refund.fee,
  },
})

/** Returns the accounts that pay a refund, if the merchant named them. */
const sourcesOf = ({ available, refund }: Refund) =>
  available === undefined
    ? []
    : [
        { account: 'AVAILABLE', amount: available },
        { account: 'UNAVAILABLE', amount: refund - available },
      ].filter(({ amount }) => amount > 0)

/** Returns the body of a response about a refund to an e-commerce platform (电商收付通). */
export const ecommerceRefundBody = (refund: Refund): object => ({
  ...commonFields(refund),
  refund_account: 'REFUND_SOURCE_SUB_MERCHANT',
  amount: {
    refund: refund.refund,
    from: sourcesOf(refund),
    payer_refund: refund.refund,
    discount_refund: 0,
    currency: 'CNY',
  },
})

/** Names of refund states in `/v3/global/…`. */
const OVERSEAS_STATUS: Readonly<Record<RefundStatus, string>> = {
  PROCESSING: 'PROCESSING',
  SUCCESS: 'SUCCESS',
  CLOSED: 'REFUNDCLOSE',
  ABNORMAL: 'ABNORMAL',
}

/** Returns the amounts of a refund in the responses of `/v3/global/refunds`. */
export const overseasRefundAmount = ({ refund }: Refund, { amount: { currency } }: Order): object => ({
  refund,
  currency,
  payer_refund: refund,
  payer_currency: currency,
  // A rate of 1, times 10^8: the shopper pays in the currency of the order.
  exchange_rate: { type: 'SETTLEMENT_RATE', rate: 100_000_000 },
})

/** Returns the body of a response of `/v3/global/refunds`, which calls WeChat Pay's number `id`. */
export const overseasRefundBody = (refund: Refund, order: Order): object => ({
  id: refund.refund_id,
  out_refund_no: refund.out_refund_no,
  channel: refund.channel,
  recv_account: RECEIVED_BY,
  fund_source: refund.source === 'AVAILABLE' ? 'REFUND_SOURCE_REchARGE_FUNDS' : 'REFUND_SOURCE_UNSETTLED_FUNDS',
  ...(refund.succeededAt !== undefined && { success_time: rfc3339(refund.succeededAt) }),
  create_time: rfc3339(refund.createdAt),
  status: OVERSEAS_STATUS[refund.status],
  amount: overseasRefundAmount(refund, order),
})

/** Returns the resource of a notification about a refund. */
export const refundResource = (refund: Refund, { mchid, sub_mchid, amount: { currency } }: Order): object => ({
  ...(sub_mchid === undefined ? { mchid } : { sp_mchid: mchid, sub_mchid }),
  out_trade_no: refund.out_trade_no,
  transaction_id: refund.transaction_id,
  out_refund_no: refund.out_refund_no,
  refund_id: refund.refund_id,
  refund_status: refund.status,
  ...(refund.succeededAt !== undefined && { success_time: rfc3339(refund.succeededAt) }),
  user_received_account: RECEIVED_BY,
  amount: {
    total: refund.total,
    refund: refund.refund,
    payer_total: refund.total,
    payer_refund: refund.refund,
    ...(refund.overseas && { currency, payer_currency: currency }),
  },
})
