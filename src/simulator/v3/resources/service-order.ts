import type { ServiceOrder } from '../../accounts/service-orders/service-orders.ts'
import { compactTime } from '../../clock/time.ts'

/** Creates the JSON of a service order (支付分订单), as its query and its notifications have it. */
export function serviceOrderBody(order: ServiceOrder): object {
  const { out_order_no, mchid, sub_mchid, appid, service_id, service_introduction, state, risk_fund, repeated } = order
  const { sub_appid, notify_url, openid, sub_openid, order_id, total_amount, post_payments, post_discounts } = order
  return {
    ...repeated,
    out_order_no,
    service_id,
    appid,
    mchid,
    sub_appid,
    sub_mchid,
    service_introduction,
    state,
    state_description: state !== 'DOING' ? undefined : total_amount === undefined ? 'USER_CONFIRM' : 'MCH_COMPLETE',
    risk_fund,
    notify_url,
    openid,
    sub_openid,
    order_id,
    ...(total_amount !== undefined && {
      total_amount,
      post_payments,
      post_discounts,
      need_collection: total_amount > 0,
      collection: total_amount > 0 && state !== 'REVOKED' ? collectionOf(order, total_amount) : undefined,
    }),
  }
}

function collectionOf({ paidAt, paid_type, transaction_id }: ServiceOrder, total_amount: number): object {
  if (paidAt === undefined) return { state: 'USER_PAYING', total_amount, paying_amount: total_amount, paid_amount: 0 }
  const paid_time = compactTime(paidAt)
  return {
    state: 'USER_PAID',
    total_amount,
    paying_amount: 0,
    paid_amount: total_amount,
    details: [{ seq: 1, amount: total_amount, paid_type, paid_time, transaction_id }],
  }
}
