import { orderKey } from '../../accounts/orders/order.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { SimulatorContext } from '../../context.ts'
import { REJECTIONS, ResultRefusal } from '../refusal.ts'
import { paymentFields, subMerchantFields } from '../resources/transaction.ts'
import type { Route, RouteInput } from '../route.ts'
import { NUMBER, ORDER_RULES, orderDraft, requireOrder } from './pay.ts'

/** 付款码支付 and 撤销订单. */
export const micropayRoutes: readonly Route[] = [
  {
    endpoint: 'POST /pay/micropay',
    rules: { ...ORDER_RULES, auth_code: { maxLength: 128 } },
    handle(params, context) {
      const order = context.micropay.pay(orderDraft('MICROPAY', params, context), params.auth_code!)
      if (order.paidAt === undefined) throw new ResultRefusal('USERPAYING', '需要用户输入支付密码')
      return paymentFields(order, order.paidAt)
    },
  },
  { endpoint: 'POST /secapi/pay/reverse', rules: { transaction_id: NUMBER, out_trade_no: NUMBER }, handle: reverse },
]

/** Reverses an order; the response always says whether to call again. */
function reverse(params: RouteInput, context: SimulatorContext) {
  try {
    const order = requireOrder(params, context)
    const mustRepeat = context.micropay.reverse(orderKey(order))
    if (mustRepeat) return { ...subMerchantFields(order), ...failed('SYSTEMERROR', '系统超时'), recall: 'Y' }
    return { ...subMerchantFields(order), recall: 'N' }
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { ...failed(...REJECTIONS[error.reason]), recall: 'N' }
  }
}

const failed = (err_code: string, err_code_des: string) => ({ result_code: 'FAIL', err_code, err_code_des })
