import { type Order, payerTotal, settlementTotal } from '../../accounts/orders/order.ts'
import type { AdvanceReturn } from '../../accounts/refunds/advance-returns.ts'
import { type Refund, type RefundStatus, settlementRefund } from '../../accounts/refunds/refund.ts'
import { rfc3339 } from '../../clock/time.ts'

const RECEIVED_BY = '支付用户零钱'

/** Returns the fields that responses to merchants, partners and e-commerce platforms have in common. */
const commonFields = (refund: Refund, order: Order): object => ({
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
  promotion_detail: promotions(refund, order),
})

/** Returns the coupon that the order was paid with, and how much of it the refund returns. */
const promotions = ({ discount }: Refund, { coupon }: Order): object[] =>
  coupon
    ? [
        {
          promotion_id: coupon.coupon_id,
          scope: 'GLOBAL',
          type: coupon.funder === undefined ? 'NOCASH' : 'CASH',
          amount: coupon.amount,
          refund_amount: discount,
        },
      ]
    : []

/** Returns the body of a response about a refund to a merchant or a partner. */
export const domesticRefundBody = (refund: Refund, order: Order): object => ({
  ...commonFields(refund, order),
  amount: {
    total: refund.total,
    refund: refund.refund,
    from: sourcesOf(refund),
    payer_total: payerTotal(order),
    payer_refund: refund.refund - refund.discount,
    settlement_refund: settlementRefund(refund, order),
    settlement_total: settlementTotal(order),
    discount_refund: refund.discount,
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
export const ecommerceRefundBody = (refund: Refund, order: Order): object => ({
  ...commonFields(refund, order),
  refund_account: refund.advancer === undefined ? 'REFUND_SOURCE_SUB_MERCHANT' : 'REFUND_SOURCE_PARTNER_ADVANCE',
  amount: {
    refund: refund.refund,
    from: sourcesOf(refund),
    payer_refund: refund.refund - refund.discount,
    discount_refund: refund.discount,
    currency: 'CNY',
    ...(refund.advancer !== undefined && { advance: refund.refund }),
  },
})

/** Returns the body of a response about a return of an advance (垫付退款回补). */
export const advanceReturnBody = (advance: AdvanceReturn): object => ({
  refund_id: advance.refund_id,
  advance_return_id: advance.advance_return_id,
  return_amount: advance.return_amount,
  payer_mchid: advance.payer_mchid,
  payer_account: 'BASIC',
  payee_mchid: advance.payee_mchid,
  payee_account: 'BASIC',
  result: advance.result,
  success_time: advance.succeededAt === undefined ? undefined : rfc3339(advance.succeededAt),
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
export const refundResource = (refund: Refund, order: Order): object => ({
  ...(order.sub_mchid === undefined ? { mchid: order.mchid } : { sp_mchid: order.mchid, sub_mchid: order.sub_mchid }),
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
    payer_total: payerTotal(order),
    payer_refund: refund.refund - refund.discount,
    ...(refund.overseas && { currency: order.amount.currency, payer_currency: order.amount.currency }),
  },
})
