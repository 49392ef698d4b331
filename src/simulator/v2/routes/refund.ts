import { WECHAT_PAY_CURRENCIES } from '../../../core/base/currencies.ts'
import type { SignType } from '../../../definitions/trait.ts'
import { type Order, orderKey, payerTotal, settlementTotal } from '../../accounts/orders/order.ts'
import { type Refund, refundKey, settlementRefund } from '../../accounts/refunds/refund.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { Rules } from '../../catalogue/rules.ts'
import { dateTime } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import { ResultRefusal, ReturnRefusal } from '../refusal.ts'
import { RECEIVED_BY, REFUND_STATUS, refundAccount } from '../resources/refund.ts'
import { subMerchantFields } from '../resources/transaction.ts'
import type { Route, RouteInput } from '../route.ts'
import { NUMBER, requireOrder } from './pay.ts'

/** A query returns at most ten refunds; `offset` asks for the later ones. */
const PAGE = 10

const APPLY: Rules = {
  out_refund_no: NUMBER,
  total_fee: { minimum: 1 },
  refund_fee: { minimum: 1 },
  refund_fee_type: { enum: WECHAT_PAY_CURRENCIES },
  refund_desc: { maxLength: 80 },
  refund_account: { enum: ['REFUND_SOURCE_UNSETTLED_FUNDS', 'REFUND_SOURCE_RECHARGE_FUNDS'] },
  notify_url: { maxLength: 256 },
}
const QUERY: Rules = { out_refund_no: NUMBER, refund_id: NUMBER, offset: { minimum: 0, pattern: /^\d{1,5}$/ } }

/** Refunds. The v2 endpoints add single goods (单品), which the simulator ignores. */
export const refundRoutes: readonly Route[] = [
  { endpoint: 'POST /secapi/pay/refund', rules: APPLY, handle: apply },
  { endpoint: 'POST /secapi/pay/refundv2', rules: APPLY, handle: apply },
  { endpoint: 'POST /pay/refundquery', rules: QUERY, handle: query },
  { endpoint: 'POST /pay/refundqueryv2', rules: QUERY, handle: query },
]

function apply(params: RouteInput, { refunds, orders }: SimulatorContext) {
  const { out_trade_no, transaction_id, out_refund_no, refund_desc, refund_account, sub_mch_id, notify_url } = params
  if (!out_trade_no && !transaction_id) throw new ResultRefusal('LACK_PARAMS', '缺少参数transaction_id或out_trade_no')
  const total = Number(params.total_fee)
  const fee = Number(params.refund_fee)
  if (fee > total) throw new ReturnRefusal('invalid refund_fee')
  const sub_mchid = sub_mch_id || undefined
  const existing = transaction_id
    ? orders.findByTransaction(transaction_id)
    : orders.find(orderKey({ out_trade_no: out_trade_no!, sub_mchid }))
  // Documented: the currency of a refund is that of its payment.
  if (existing && params.refund_fee_type && params.refund_fee_type !== existing.amount.currency)
    throw new ResultRefusal('PARAM_ERROR', 'refund_fee_type与订单货币类型不一致')
  const refund = refunds.apply({
    api: 'v2',
    sign_type: params.sign_type as SignType | undefined,
    out_trade_no: out_trade_no || undefined,
    transaction_id: transaction_id || undefined,
    sub_mchid,
    notify_url: notify_url || undefined,
    out_refund_no: out_refund_no!,
    reason: refund_desc,
    total,
    refund: fee,
    source: refund_account === 'REFUND_SOURCE_RECHARGE_FUNDS' ? 'AVAILABLE' : 'UNSETTLED',
  })
  const order = orders.find(orderKey(refund))!
  return {
    ...subMerchantFields(order),
    transaction_id: refund.transaction_id,
    out_trade_no: refund.out_trade_no,
    out_refund_no: refund.out_refund_no,
    refund_id: refund.refund_id,
    refund_fee: fee,
    total_fee: total,
    fee_type: order.amount.currency,
    settlement_total_fee: settlementTotal(order),
    settlement_refund_fee: settlementRefund(refund, order),
    cash_fee: payerTotal(order),
    cash_refund_fee: fee - refund.discount,
    coupon_refund_fee: refund.discount,
    coupon_refund_count: order.coupon ? 1 : 0,
  }
}

function query(params: RouteInput, context: SimulatorContext) {
  const refunds = refundsOf(params, context)
  const offset = Number(params.offset || 0)
  const page = refunds.slice(offset, offset + PAGE)
  const [first] = page
  if (!first) throw new Rejection('REFUND_UNKNOWN')
  const { transaction_id, out_trade_no, total } = first
  const order = context.orders.find(orderKey(first))!
  return {
    ...subMerchantFields(order),
    transaction_id,
    out_trade_no,
    total_fee: total,
    settlement_total_fee: settlementTotal(order),
    cash_fee: payerTotal(order),
    fee_type: order.amount.currency,
    total_refund_count: refunds.length,
    refund_count: page.length,
    ...Object.assign({}, ...page.map((refund, n) => numberedFields(refund, order, n))),
  }
}

/** Finds refunds by the most specific of the four numbers, in the documented order. */
function refundsOf({ refund_id, out_refund_no, ...order }: RouteInput, context: SimulatorContext): readonly Refund[] {
  const number = refund_id || out_refund_no
  if (!number) return context.refunds.queryOfOrder(orderKey(requireOrder(order, context)))
  const sub_mchid = order.sub_mch_id || undefined
  const refund = refund_id
    ? context.refunds.queryById(refund_id)
    : context.refunds.query(refundKey({ out_refund_no: out_refund_no!, sub_mchid }))
  if (refund.sub_mchid !== sub_mchid || refund.overseas) throw new Rejection('REFUND_UNKNOWN', number)
  return [refund]
}

const numberedFields = (refund: Refund, order: Order, n: number): Record<string, string | number> => ({
  [`out_refund_no_${n}`]: refund.out_refund_no,
  [`refund_id_${n}`]: refund.refund_id,
  [`refund_channel_${n}`]: refund.channel,
  [`refund_fee_${n}`]: refund.refund,
  [`settlement_refund_fee_${n}`]: settlementRefund(refund, order),
  [`coupon_refund_fee_${n}`]: refund.discount,
  [`coupon_refund_count_${n}`]: order.coupon ? 1 : 0,
  [`refund_status_${n}`]: REFUND_STATUS[refund.status],
  [`refund_account_${n}`]: refundAccount(refund),
  // WeChat Pay itself misspells this name.
  [`refund_recv_accout_${n}`]: RECEIVED_BY,
  ...(refund.succeededAt !== undefined && { [`refund_success_time_${n}`]: dateTime(refund.succeededAt) }),
})
