import { type Order, orderKey } from '../../../accounts/orders/order.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { PARTIES, requireMerchant, requireOrderByNumber, requireOwnOrder } from '../../request/merchant.ts'
import { transactionBody } from '../../resources/transaction.ts'
import type { Route, RouteResult } from '../../route.ts'

const RULES: Rules = {
  out_trade_no: { maxLength: 32 },
  mchid: { maxLength: 32 },
  sp_mchid: { maxLength: 32 },
  sub_mchid: { maxLength: 32 },
}

export const transactionRoutes: readonly Route[] = PARTIES.flatMap(({ path: root, mchid }): Route[] => [
  {
    endpoint: `GET ${root}/id/{transaction_id}`,
    rules: RULES,
    handle({ path, query }, context) {
      requireMerchant(query[mchid], 'query', context, mchid)
      return orderResult(requireOwnOrder(context.orders.findByTransaction(path.transaction_id!), query.sub_mchid))
    },
  },
  {
    endpoint: `GET ${root}/out-trade-no/{out_trade_no}`,
    rules: RULES,
    handle({ path, query }, context) {
      requireMerchant(query[mchid], 'query', context, mchid)
      return orderResult(requireOrderByNumber(path.out_trade_no!, query.sub_mchid, context))
    },
  },
  {
    endpoint: `POST ${root}/out-trade-no/{out_trade_no}/close`,
    rules: RULES,
    handle({ path, body }, context) {
      requireMerchant(body[mchid], 'body', context, mchid)
      const order = requireOrderByNumber(path.out_trade_no!, body.sub_mchid, context)
      // APIv3 responds to a repeated close as to the first.
      if (order.trade_state !== 'CLOSED') context.orders.close(orderKey(order))
      return { status: 204 }
    },
  },
])

const orderResult = (order: Order): RouteResult => ({ status: 200, body: transactionBody(order) })
