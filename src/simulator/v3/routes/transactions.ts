import type { Order } from '../../orders.ts'
import { Rejection } from '../../rejection.ts'
import { rfc3339 } from '../../time.ts'
import { TRADE_STATE_DESC } from '../../trade-state.ts'
import type { World } from '../../world.ts'
import type { Field } from '../fields.ts'
import { requireMerchant } from '../merchant.ts'
import type { Reply, Route } from '../route.ts'

const MCHID: Field = { name: 'mchid', label: '直连商户号', type: 'string', required: true, maxLength: 32 }

export const transactions: readonly Route[] = [
  {
    method: 'GET',
    path: '/v3/pay/transactions/id/{transaction_id}',
    query: [MCHID],
    handle({ path, query }, world) {
      requireMerchant(query.mchid, 'query', world)
      return transaction(world.orders.findByTransaction(path.transaction_id!))
    },
  },
  {
    method: 'GET',
    path: '/v3/pay/transactions/out-trade-no/{out_trade_no}',
    query: [MCHID],
    handle({ path, query }, world) {
      requireMerchant(query.mchid, 'query', world)
      return transaction(world.orders.find(path.out_trade_no!))
    },
  },
  {
    method: 'POST',
    path: '/v3/pay/transactions/out-trade-no/{out_trade_no}/close',
    body: [MCHID],
    handle({ path, body }, world) {
      requireMerchant(body.mchid, 'body', world)
      close(path.out_trade_no!, world)
      return { status: 204 }
    },
  },
]

/** To close what is closed changes nothing: APIv3 answers as it did the first time. */
function close(out_trade_no: string, { orders }: World): void {
  if (orders.find(out_trade_no)?.trade_state !== 'CLOSED') orders.close(out_trade_no)
}

function transaction(order: Order | undefined): Reply {
  if (!order) throw new Rejection('ORDER_UNKNOWN')
  const { appid, mchid, out_trade_no, trade_state, amount, attach = '', device_id } = order
  return {
    status: 200,
    body: {
      ...{ appid, mchid, out_trade_no, trade_state },
      trade_state_desc: TRADE_STATE_DESC[trade_state],
      attach,
      ...(order.paid === undefined ? { amount } : paid(order)),
      ...(device_id && { scene_info: { device_id } }),
      promotion_detail: [],
    },
  }
}

const paid = ({ transaction_id, trade_type, bank_type, amount, payer, paid }: Order) => ({
  ...{ transaction_id, trade_type, bank_type },
  success_time: rfc3339(paid!),
  payer: { openid: payer.openid },
  amount: { ...amount, payer_total: amount.total, payer_currency: amount.currency },
})
