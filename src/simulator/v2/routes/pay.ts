import { fingerprint } from '../../fingerprint.ts'
import type { Order, TradeType } from '../../orders.ts'
import { codeUrl, mwebUrl } from '../../payment-url.ts'
import { Rejection } from '../../rejection.ts'
import { compact } from '../../time.ts'
import { TRADE_STATE_DESC } from '../../trade-state.ts'
import type { World } from '../../world.ts'
import { ResultFault } from '../fault.ts'
import { AMOUNT, NUMBER, type Route } from '../route.ts'
import type { Params } from '../signature.ts'

const OUT_TRADE_NO = /^[\w\-|*@]{1,32}$/

export const pay: readonly Route[] = [
  {
    method: 'POST',
    path: '/pay/unifiedorder',
    required: {
      body: /^[\s\S]{1,128}$/,
      out_trade_no: OUT_TRADE_NO,
      total_fee: AMOUNT,
      spbill_create_ip: /^[\d.:a-f]{2,64}$/i,
      notify_url: /^https?:\/\/\S{1,250}$/,
      trade_type: /^(JSAPI|NATIVE|APP|MWEB)$/,
    },
    optional: { fee_type: /^CNY$/, attach: /^[\s\S]{1,127}$/, openid: /^\S{1,128}$/, device_info: /^\S{1,32}$/ },
    handle: place,
  },
  {
    method: 'POST',
    path: '/pay/orderquery',
    required: {},
    optional: { transaction_id: NUMBER, out_trade_no: OUT_TRADE_NO },
    handle: (params, world) => query(orderOf(params, world)),
  },
  {
    method: 'POST',
    path: '/pay/closeorder',
    required: { out_trade_no: OUT_TRADE_NO },
    handle({ out_trade_no }, { orders }) {
      orders.close(out_trade_no!)
      return {}
    },
  },
]

/** By the service's number where both are given, as documented. */
export function orderOf({ transaction_id, out_trade_no }: Params, { orders }: World): Order {
  if (!transaction_id && !out_trade_no) throw new ResultFault('LACK_PARAMS', '缺少参数transaction_id或out_trade_no')
  const order = transaction_id ? orders.findByTransaction(transaction_id) : orders.find(out_trade_no!)
  if (!order) throw new Rejection('ORDER_UNKNOWN')
  return order
}

function place(params: Params, { orders, merchant }: World) {
  const trade_type = params.trade_type as TradeType
  if (trade_type === 'JSAPI' && !params.openid) throw new ResultFault('LACK_PARAMS', 'JSAPI支付必须传openid')
  const { nonce_str: _nonce, sign: _sign, sign_type: _type, ...parameters } = params
  const order = orders.place({
    ...{ trade_type, appid: params.appid!, mchid: merchant.mchid, description: params.body! },
    out_trade_no: params.out_trade_no!,
    notify_url: params.notify_url!,
    attach: params.attach,
    amount: { total: Number(params.total_fee), currency: params.fee_type || 'CNY' },
    payer: { openid: params.openid },
    device_id: params.device_info,
    fingerprint: fingerprint(parameters),
  })
  return {
    device_info: params.device_info,
    trade_type,
    prepay_id: order.prepay_id,
    code_url: trade_type === 'NATIVE' ? codeUrl(order) : undefined,
    mweb_url: trade_type === 'MWEB' ? mwebUrl(order) : undefined,
  }
}

function query(order: Order) {
  const { out_trade_no, trade_state, attach, device_id, amount, paid } = order
  return {
    ...{ device_info: device_id, out_trade_no, trade_state, trade_state_desc: TRADE_STATE_DESC[trade_state] },
    ...{ total_fee: amount.total, attach },
    ...(paid !== undefined && {
      openid: order.payer.openid,
      is_subscribe: 'N',
      trade_type: order.trade_type,
      bank_type: order.bank_type,
      fee_type: amount.currency,
      cash_fee: amount.total,
      cash_fee_type: amount.currency,
      transaction_id: order.transaction_id,
      time_end: compact(paid),
    }),
  }
}
