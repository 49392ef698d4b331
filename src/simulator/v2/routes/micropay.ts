import { orderKey } from '../../accounts/orders.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { World } from '../../context.ts'
import { REJECTIONS, ResultFault } from '../refusal.ts'
import type { Route } from '../route.ts'
import type { Params } from '../signature.ts'
import { payment, subMerchant } from '../transaction.ts'
import { NUMBER, ORDER_RULES, orderDraft, orderOf } from './pay.ts'

/** 付款码支付, and how it is reversed. */
export const micropay: readonly Route[] = [
  {
    endpoint: 'POST /pay/micropay',
    rules: { ...ORDER_RULES, auth_code: { maxLength: 128 } },
    handle(params, world) {
      const order = world.micropay.pay(orderDraft('MICROPAY', params, world), params.auth_code!)
      if (order.paid === undefined) throw new ResultFault('USERPAYING', '需要用户输入支付密码')
      return payment(order, order.paid)
    },
  },
  { endpoint: 'POST /secapi/pay/reverse', rules: { transaction_id: NUMBER, out_trade_no: NUMBER }, handle: reverse },
]

/** Whatever becomes of it, the answer says whether it is to be called again. */
function reverse(params: Params, world: World) {
  try {
    const order = orderOf(params, world)
    const again = world.micropay.reverse(orderKey(order))
    if (again) return { ...subMerchant(order), ...failed('SYSTEMERROR', '系统超时'), recall: 'Y' }
    return { ...subMerchant(order), recall: 'N' }
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { ...failed(...REJECTIONS[error.reason]), recall: 'N' }
  }
}

const failed = (err_code: string, err_code_des: string) => ({ result_code: 'FAIL', err_code, err_code_des })
