import { type Order, orderKey } from '../../accounts/orders.ts'
import type { Rules } from '../../catalogue/rules.ts'
import { orderByNumber, ownOrder, PARTIES, requireMerchant } from '../merchant.ts'
import type { Reply, Route } from '../route.ts'
import { transaction } from '../transaction.ts'

const RULES: Rules = {
  out_trade_no: { maxLength: 32 },
  mchid: { maxLength: 32 },
  sp_mchid: { maxLength: 32 },
  sub_mchid: { maxLength: 32 },
}

export const transactions: readonly Route[] = PARTIES.flatMap(({ path: root, mchid }): Route[] => [
  {
    endpoint: `GET ${root}/id/{transaction_id}`,
    rules: RULES,
    handle({ path, query }, world) {
      requireMerchant(query[mchid], 'query', world, mchid)
      return reply(ownOrder(world.orders.findByTransaction(path.transaction_id!), query.sub_mchid))
    },
  },
  {
    endpoint: `GET ${root}/out-trade-no/{out_trade_no}`,
    rules: RULES,
    handle({ path, query }, world) {
      requireMerchant(query[mchid], 'query', world, mchid)
      return reply(orderByNumber(path.out_trade_no!, query.sub_mchid, world))
    },
  },
  {
    endpoint: `POST ${root}/out-trade-no/{out_trade_no}/close`,
    rules: RULES,
    handle({ path, body }, world) {
      requireMerchant(body[mchid], 'body', world, mchid)
      const order = orderByNumber(path.out_trade_no!, body.sub_mchid, world)
      // To close what is closed changes nothing: APIv3 answers as it did the first time.
      if (order.trade_state !== 'CLOSED') world.orders.close(orderKey(order))
      return { status: 204 }
    },
  },
])

const reply = (order: Order): Reply => ({ status: 200, body: transaction(order) })
