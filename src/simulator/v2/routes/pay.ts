import { WECHAT_PAY_CURRENCIES } from '../../../core/base/currencies.ts'
import { MINUTE } from '../../../core/base/time.ts'
import type { SignType } from '../../../definitions/trait.ts'
import { fingerprintOf } from '../../accounts/fingerprint.ts'
import { type Order, type OrderDraft, orderKey, type TradeType } from '../../accounts/orders/order.ts'
import { codeUrl, mwebUrl, TRADE_STATE_DESC } from '../../accounts/orders/order-presentation.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { Rule, Rules } from '../../catalogue/rules.ts'
import { parseCompactTime } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import type { ResponseFields } from '../message.ts'
import { ResultRefusal } from '../refusal.ts'
import { paymentFields, subMerchantFields } from '../resources/transaction.ts'
import type { Route, RouteInput } from '../route.ts'

const OUT_TRADE_NO: Rule = { pattern: /^[\w\-|*@]{1,32}$/ }
/** A number that WeChat Pay assigned, or a merchant's refund number. */
export const NUMBER: Rule = { pattern: /^[\w\-|*@]{1,64}$/ }
const TIME: Rule = { pattern: /^\d{14}$/ }

export const ORDER_RULES: Rules = {
  body: { maxLength: 128 },
  out_trade_no: OUT_TRADE_NO,
  total_fee: { minimum: 1 },
  spbill_create_ip: { pattern: /^[\d.:a-f]{2,64}$/i },
  // APIv2 also serves merchants abroad, with these currencies.
  fee_type: { enum: WECHAT_PAY_CURRENCIES },
  attach: { maxLength: 127 },
  openid: { pattern: /^\S{1,128}$/ },
  sub_openid: { pattern: /^\S{1,128}$/ },
  device_info: { pattern: /^\S{1,32}$/ },
  time_start: TIME,
  time_expire: TIME,
}

export const payRoutes: readonly Route[] = [
  {
    endpoint: 'POST /pay/unifiedorder',
    rules: {
      ...ORDER_RULES,
      notify_url: { pattern: /^https?:\/\/\S{1,250}$/ },
      trade_type: { enum: ['JSAPI', 'NATIVE', 'APP', 'MWEB'] },
    },
    handle: place,
  },
  {
    endpoint: 'POST /pay/orderquery',
    rules: { transaction_id: NUMBER, out_trade_no: OUT_TRADE_NO },
    handle: queryOrder,
  },
  {
    endpoint: 'POST /pay/closeorder',
    rules: { out_trade_no: OUT_TRADE_NO },
    handle({ out_trade_no, sub_mch_id }, context) {
      const order = requireOrder({ out_trade_no: out_trade_no!, sub_mch_id: sub_mch_id ?? '' }, context)
      return subMerchantFields(context.orders.close(orderKey(order)))
    },
  },
]

/**
 * Finds an order by WeChat Pay's number if both are given, as documented; the order must belong to the named
 * sub-merchant.
 */
export function requireOrder(
  { transaction_id, out_trade_no, sub_mch_id }: RouteInput,
  { orders }: SimulatorContext,
): Order {
  if (!transaction_id && !out_trade_no) throw new ResultRefusal('LACK_PARAMS', '缺少参数transaction_id或out_trade_no')
  const sub_mchid = sub_mch_id || undefined
  const order = transaction_id
    ? orders.findByTransaction(transaction_id)
    : orders.find(orderKey({ out_trade_no: out_trade_no!, sub_mchid }))
  if (!order || order.sub_mchid !== sub_mchid || order.combine_out_trade_no !== undefined || order.overseas)
    throw new Rejection('ORDER_UNKNOWN', transaction_id || out_trade_no)
  return order
}

/** Drafts an order, prepaid or by code. */
export function orderDraft(trade_type: TradeType, params: RouteInput, context: SimulatorContext): OrderDraft {
  const { merchant } = context
  const { nonce_str: _nonce, sign: _sign, sign_type: _type, ...parameters } = params
  return {
    api: 'v2',
    sign_type: params.sign_type as SignType | undefined,
    trade_type,
    appid: params.appid!,
    mchid: merchant.mchid,
    description: params.body!,
    out_trade_no: params.out_trade_no!,
    sub_appid: params.sub_appid || undefined,
    sub_mchid: params.sub_mch_id || undefined,
    attach: params.attach,
    notify_url: params.notify_url,
    device_id: params.device_info,
    goods_tag: params.goods_tag || undefined,
    time_expire: timeExpire(params, context),
    amount: { total: Number(params.total_fee), currency: params.fee_type || 'CNY' },
    payer: { openid: params.openid || undefined, sub_openid: params.sub_openid || undefined },
    profit_sharing: params.profit_sharing === 'Y' || undefined,
    fingerprint: fingerprintOf(parameters),
  }
}

/** Returns the expiry, which must be a minute ahead when the order is placed for the first time. */
function timeExpire(params: RouteInput, { orders, now }: SimulatorContext): number | undefined {
  const { time_start, time_expire, out_trade_no, sub_mch_id } = params
  const key = orderKey({ out_trade_no: out_trade_no!, sub_mchid: sub_mch_id || undefined })
  const start = time_start ? parseCompactTime(time_start) : now()
  const end = time_expire ? parseCompactTime(time_expire) : undefined
  if (Number.isNaN(start) || Number.isNaN(end))
    throw new ResultRefusal('PARAM_ERROR', 'time_start或time_expire参数格式错误')
  if (end !== undefined && end < Math.max(start, now()) + MINUTE && !orders.find(key))
    throw new ResultRefusal('INVALID_REQUEST', 'time_expire时间过短，至少1分钟')
  return end
}

function place(params: RouteInput, context: SimulatorContext, origin: string) {
  const trade_type = params.trade_type as TradeType
  if (trade_type === 'JSAPI' && !params.openid && !params.sub_openid)
    throw new ResultRefusal('LACK_PARAMS', 'JSAPI支付必须传openid')
  const order = context.orders.place(orderDraft(trade_type, params, context))
  return {
    ...subMerchantFields(order),
    device_info: params.device_info,
    trade_type,
    prepay_id: order.prepay_id,
    code_url: trade_type === 'NATIVE' ? codeUrl(order) : undefined,
    mweb_url: trade_type === 'MWEB' ? mwebUrl(order, origin) : undefined,
  }
}

/** Queries an order (查询订单). */
export function queryOrder(params: RouteInput, context: SimulatorContext): ResponseFields {
  const order = requireOrder(params, context)
  const { out_trade_no, trade_state, attach, device_id, amount, paidAt } = order
  return {
    ...subMerchantFields(order),
    device_info: device_id,
    out_trade_no,
    trade_state,
    trade_state_desc: TRADE_STATE_DESC[trade_state],
    total_fee: amount.total,
    attach,
    ...(paidAt !== undefined && paymentFields(order, paidAt)),
  }
}
