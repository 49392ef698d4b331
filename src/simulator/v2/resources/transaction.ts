import { type Order, payerTotal, settlementTotal } from '../../accounts/orders/order.ts'
import { compactTime } from '../../clock/time.ts'
import type { ResponseFields } from '../message.ts'

/** Returns the fields of a service provider's sub-merchant, if there is one. */
export const subMerchantFields = ({
  sub_appid,
  sub_mchid,
}: Pick<Order, 'sub_appid' | 'sub_mchid'>): ResponseFields => ({ sub_appid, sub_mch_id: sub_mchid })

/** Returns the fields of a paid order in queries, notifications and responses to payments by code. */
export function paymentFields(order: Order, paidAt: number): ResponseFields {
  const { payer, trade_type, bank_type, amount, transaction_id, out_trade_no, attach, device_id } = order
  return {
    ...subMerchantFields(order),
    device_info: device_id,
    openid: payer.openid,
    is_subscribe: 'N',
    ...(payer.sub_openid && { sub_openid: payer.sub_openid, sub_is_subscribe: 'N' }),
    trade_type,
    bank_type,
    total_fee: amount.total,
    fee_type: amount.currency,
    cash_fee: payerTotal(order),
    cash_fee_type: amount.currency,
    ...couponFields(order),
    transaction_id,
    out_trade_no,
    attach,
    time_end: compactTime(paidAt),
  }
}

/** Returns the fields of the coupon that an order was paid with. */
function couponFields(order: Order): ResponseFields {
  const { coupon } = order
  if (!coupon) return {}
  return {
    settlement_total_fee: settlementTotal(order),
    coupon_fee: coupon.amount,
    coupon_count: 1,
    coupon_type_0: coupon.funder === undefined ? 'NO_CASH' : 'CASH',
    coupon_id_0: coupon.coupon_id,
    coupon_fee_0: coupon.amount,
  }
}
