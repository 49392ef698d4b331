import type { Order } from '../../accounts/orders/orders.ts'
import type { Refund, RefundStatus } from '../../accounts/orders/refunds.ts'
import { rfc3339 } from '../../clock/time.ts'

const RECEIVED_BY = '支付用户零钱'

/** The fields of a refund that merchants, partners and e-commerce platforms are answered. */
const commonFields = (of: Refund): object => ({
  refund_id: of.refund_id,
  out_refund_no: of.out_refund_no,
  transaction_id: of.transaction_id,
  out_trade_no: of.out_trade_no,
  channel: of.channel,
  user_received_account: RECEIVED_BY,
  ...(of.succeeded !== undefined && { success_time: rfc3339(of.succeeded) }),
  create_time: rfc3339(of.created),
  status: of.status,
  funds_account: of.source,
  promotion_detail: [],
})

/** A refund as APIv3 answers with it. */
export function refundBody(of: Refund): object {
  const { total } = of
  const amount = {
    total,
    refund: of.refund,
    from: from(of),
    payer_total: total,
    payer_refund: of.refund,
    settlement_refund: of.refund,
    settlement_total: total,
    discount_refund: 0,
    currency: 'CNY',
    refund_fee: of.fee,
  }
  return { ...commonFields(of), amount }
}

/** Out of which accounts, as the merchant has asked. */
const from = ({ available, refund }: Refund) =>
  available === undefined
    ? []
    : [
        { account: 'AVAILABLE', amount: available },
        { account: 'UNAVAILABLE', amount: refund - available },
      ].filter(({ amount }) => amount > 0)

/** A refund as the endpoints of e-commerce platforms (电商收付通) answer with it. */
export const ecommerceRefundBody = (of: Refund): object => ({
  ...commonFields(of),
  refund_account: 'REFUND_SOURCE_SUB_MERCHANT',
  amount: { refund: of.refund, from: from(of), payer_refund: of.refund, discount_refund: 0, currency: 'CNY' },
})

/** How `/v3/global/…` names the state of a refund. */
const OVERSEAS_STATUS: Readonly<Record<RefundStatus, string>> = {
  PROCESSING: 'PROCESSING',
  SUCCESS: 'SUCCESS',
  CLOSED: 'REFUNDCLOSE',
  ABNORMAL: 'ABNORMAL',
}

/** The fields of a refund in the responses of `/v3/global/refunds`. */
export const overseasRefundAmount = (of: Refund, { amount: { currency } }: Order): object => ({
  refund: of.refund,
  currency,
  payer_refund: of.refund,
  payer_currency: currency,
  // 10^8 is 1: the shopper pays in the currency of the order.
  exchange_rate: { type: 'SETTLEMENT_RATE', rate: 100_000_000 },
})

/** A refund as the query of `/v3/global/refunds` answers with it: WeChat Pay's number is its `id`. */
export function overseasRefundBody(of: Refund, order: Order): object {
  const { refund_id: id, out_refund_no, channel, status, created, succeeded } = of
  return {
    id,
    out_refund_no,
    channel,
    recv_account: RECEIVED_BY,
    fund_source: of.source === 'AVAILABLE' ? 'REFUND_SOURCE_REchARGE_FUNDS' : 'REFUND_SOURCE_UNSETTLED_FUNDS',
    ...(succeeded !== undefined && { success_time: rfc3339(succeeded) }),
    create_time: rfc3339(created),
    status: OVERSEAS_STATUS[status],
    amount: overseasRefundAmount(of, order),
  }
}

/** As APIv3 notifies of it. */
export function refundResource(of: Refund, { mchid, sub_mchid, amount: { currency } }: Order): object {
  const { out_trade_no, transaction_id, out_refund_no, refund_id, status, total, succeeded } = of
  return {
    ...(sub_mchid === undefined ? { mchid } : { sp_mchid: mchid, sub_mchid }),
    out_trade_no,
    transaction_id,
    out_refund_no,
    refund_id,
    refund_status: status,
    ...(succeeded !== undefined && { success_time: rfc3339(succeeded) }),
    user_received_account: RECEIVED_BY,
    amount: {
      total,
      refund: of.refund,
      payer_total: total,
      payer_refund: of.refund,
      ...(of.overseas && { currency, payer_currency: currency }),
    },
  }
}
