import type { CombinedOrder } from '../../accounts/orders/combined-orders.ts'
import { type Order, type Payer, payerTotal } from '../../accounts/orders/order.ts'
import { TRADE_STATE_DESC } from '../../accounts/orders/order-presentation.ts'
import { rfc3339 } from '../../clock/time.ts'

/** Returns an order as queries and notifications of APIv3 contain it. */
export function transactionBody(order: Order): object {
  const { out_trade_no, trade_state, amount, attach = '', device_id, paidAt } = order
  return {
    ...parties(order),
    out_trade_no,
    trade_state,
    trade_state_desc: TRADE_STATE_DESC[trade_state],
    attach,
    ...(paidAt === undefined ? { amount } : payment(order, paidAt)),
    ...(device_id && { scene_info: { device_id } }),
    promotion_detail: promotions(order),
  }
}

/** Returns the coupon that an order was paid with, as its only promotion. */
const promotions = ({ coupon, amount }: Order): object[] =>
  coupon
    ? [
        {
          coupon_id: coupon.coupon_id,
          name: coupon.name,
          scope: 'GLOBAL',
          type: coupon.funder === undefined ? 'NOCASH' : 'CASH',
          amount: coupon.amount,
          stock_id: coupon.stock_id,
          wechatpay_contribute: 0,
          merchant_contribute: coupon.amount,
          other_contribute: 0,
          currency: amount.currency,
        },
      ]
    : []

/** Returns an order as `/v3/global/…` contains it, which calls WeChat Pay's number `id`. */
export function overseasTransactionBody(order: Order): object {
  const { transaction_id: id, promotion_detail, ...rest } = transactionBody(order) as Readonly<Record<string, unknown>>
  return { ...(id !== undefined && { id }), ...rest, promotion_detail }
}

/** Returns the merchant and its appid, or those of a service provider and its sub-merchant. */
const parties = ({ appid, mchid, sub_appid, sub_mchid }: Order) =>
  sub_mchid === undefined
    ? { appid, mchid }
    : { sp_appid: appid, sp_mchid: mchid, ...(sub_appid && { sub_appid }), sub_mchid }

const payer = ({ sub_mchid, payer: { openid, sub_openid } }: Order) =>
  sub_mchid === undefined ? { openid } : { sp_openid: openid, ...(sub_openid && { sub_openid }) }

function payment(order: Order, paidAt: number) {
  const { transaction_id, trade_type, bank_type, amount } = order
  return {
    transaction_id,
    trade_type,
    bank_type,
    success_time: rfc3339(paidAt),
    payer: payer(order),
    amount: { ...amount, payer_total: payerTotal(order), payer_currency: amount.currency },
  }
}

/** Returns a combined order with its orders, as queries and notifications contain it. */
export function combinedTransactionBody(combined: CombinedOrder, orders: readonly Order[]): object {
  const { combine_appid, combine_mchid, combine_out_trade_no, combine_transaction_id, device_id } = combined
  return {
    combine_appid,
    combine_mchid,
    combine_out_trade_no,
    ...(combine_transaction_id && { combine_transaction_id }),
    ...(device_id && { scene_info: { device_id } }),
    sub_orders: orders.map(order => subOrder(order, combined.payer)),
    ...(combined.payer.openid && { combine_payer_info: { openid: combined.payer.openid } }),
  }
}

function subOrder(order: Order, { sub_openid }: Payer) {
  const { mchid, sub_mchid, sub_appid, out_trade_no, trade_state, trade_type, attach = '', amount, paidAt } = order
  const { total: total_amount, currency } = amount
  return {
    mchid,
    ...(sub_mchid && { sub_mchid }),
    ...(sub_appid && { sub_appid }),
    out_trade_no,
    trade_type,
    trade_state,
    attach,
    amount: { total_amount, currency, payer_amount: total_amount, payer_currency: currency },
    ...(paidAt !== undefined && {
      transaction_id: order.transaction_id,
      bank_type: order.bank_type,
      success_time: rfc3339(paidAt),
      ...(sub_openid && { sub_openid }),
    }),
    promotion_detail: [],
  }
}
