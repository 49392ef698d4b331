import { type Order, orderKey } from '../../../accounts/orders/order.ts'
import { PARTIES, requireMerchant, requireOrderByNumber } from '../../request/merchant.ts'
import { ORDER_RULES } from '../../request/prepay-rules.ts'
import { transactionBody } from '../../resources/transaction.ts'
import type { Route, RouteResult } from '../../route.ts'
import { type OrderBody, orderDraft, requireParty } from './prepay.ts'

const RULES = { ...ORDER_RULES, 'payer.auth_code': { maxLength: 32 } }

/** 付款码支付 and 撤销订单. */
export const codepayRoutes: readonly Route[] = PARTIES.flatMap((party): Route[] => [
  {
    endpoint: `POST ${party.path}/codepay`,
    rules: RULES,
    handle({ body }, context) {
      requireParty(body, party, context)
      const { auth_code } = body.payer as { auth_code: string }
      return paymentResult(
        context.micropay.pay(orderDraft('MICROPAY', body as unknown as OrderBody, context), auth_code),
      )
    },
  },
  {
    endpoint: `POST ${party.path}/out-trade-no/{out_trade_no}/reverse`,
    handle({ path, body }, context) {
      requireMerchant(body[party.mchid], 'body', context, party.mchid)
      const order = requireOrderByNumber(path.out_trade_no!, body.sub_mchid, context)
      context.orders.reverse(orderKey(order))
      return { status: 200, body: { ...body, out_trade_no: order.out_trade_no } }
    },
  },
])

/** Creates the reply to a payment by code, which has few fields until the shopper confirms. */
function paymentResult(order: Order): RouteResult {
  if (order.trade_state !== 'USERPAYING') return { status: 200, body: transactionBody(order) }
  const { out_trade_no, trade_state, mchid, appid, sub_mchid } = order
  const parties = sub_mchid === undefined ? { appid, mchid } : { sp_appid: appid, sp_mchid: mchid, sub_mchid }
  return { status: 200, body: { ...parties, out_trade_no, trade_state } }
}
