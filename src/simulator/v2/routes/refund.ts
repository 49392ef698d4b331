import type { Refund } from '../../refunds.ts'
import { Rejection } from '../../rejection.ts'
import { plain } from '../../time.ts'
import type { World } from '../../world.ts'
import { ResultFault, ReturnFault } from '../fault.ts'
import { AMOUNT, NUMBER, type Route } from '../route.ts'
import type { Params } from '../signature.ts'
import { orderOf } from './pay.ts'

/** A query answers with ten refunds at most; `offset` asks for the later ones. */
const PAGE = 10

export const refund: readonly Route[] = [
  {
    method: 'POST',
    path: '/secapi/pay/refund',
    mtls: true,
    required: { out_refund_no: NUMBER, total_fee: AMOUNT, refund_fee: AMOUNT },
    optional: {
      refund_fee_type: /^CNY$/,
      refund_desc: /^[\s\S]{1,80}$/,
      refund_account: /^REFUND_SOURCE_(UNSETTLED|RECHARGE)_FUNDS$/,
    },
    handle: apply,
  },
  {
    method: 'POST',
    path: '/pay/refundquery',
    required: {},
    optional: { out_refund_no: NUMBER, refund_id: NUMBER, offset: /^\d{1,5}$/ },
    handle: query,
  },
]

function apply(params: Params, { refunds, orders }: World) {
  const { out_trade_no, transaction_id, out_refund_no, refund_desc, refund_account } = params
  if (!out_trade_no && !transaction_id) throw new ResultFault('LACK_PARAMS', '缺少参数transaction_id或out_trade_no')
  const total = Number(params.total_fee)
  const fee = Number(params.refund_fee)
  if (fee > total) throw new ReturnFault('invalid refund_fee')
  const accepted = refunds.apply({
    out_trade_no: out_trade_no || undefined,
    transaction_id: transaction_id || undefined,
    out_refund_no: out_refund_no!,
    reason: refund_desc,
    ...{ total, refund: fee },
    source: refund_account === 'REFUND_SOURCE_RECHARGE_FUNDS' ? 'AVAILABLE' : 'UNSETTLED',
  })
  return {
    transaction_id: accepted.transaction_id,
    out_trade_no: accepted.out_trade_no,
    out_refund_no: accepted.out_refund_no,
    refund_id: accepted.refund_id,
    refund_fee: fee,
    total_fee: total,
    fee_type: orders.find(accepted.out_trade_no)!.amount.currency,
    cash_fee: total,
    cash_refund_fee: fee,
    coupon_refund_fee: 0,
    coupon_refund_count: 0,
  }
}

function query(params: Params, world: World) {
  const found = refundsOf(params, world)
  const page = found.slice(Number(params.offset ?? 0), Number(params.offset ?? 0) + PAGE)
  const [first] = page
  if (!first) throw new Rejection('REFUND_UNKNOWN')
  const { transaction_id, out_trade_no, total } = first
  return {
    ...{ transaction_id, out_trade_no, total_fee: total, cash_fee: total, fee_type: 'CNY' },
    total_refund_count: found.length,
    refund_count: page.length,
    ...Object.assign({}, ...page.map(numbered)),
  }
}

/** By the most telling of the four numbers, in the documented order. */
function refundsOf({ refund_id, out_refund_no, ...order }: Params, world: World): Refund[] {
  if (refund_id) return [world.refunds.queryById(refund_id)]
  if (out_refund_no) return [world.refunds.query(out_refund_no)]
  return world.refunds.queryOfOrder(orderOf(order, world).out_trade_no)
}

const numbered = (refund: Refund, n: number): Record<string, string | number> => ({
  [`out_refund_no_${n}`]: refund.out_refund_no,
  [`refund_id_${n}`]: refund.refund_id,
  [`refund_channel_${n}`]: 'ORIGINAL',
  [`refund_fee_${n}`]: refund.refund,
  [`coupon_refund_fee_${n}`]: 0,
  [`coupon_refund_count_${n}`]: 0,
  [`refund_status_${n}`]: refund.status,
  [`refund_account_${n}`]: `REFUND_SOURCE_${refund.source === 'AVAILABLE' ? 'RECHARGE' : 'UNSETTLED'}_FUNDS`,
  // The missing "n" is the service's own spelling.
  [`refund_recv_accout_${n}`]: '支付用户零钱',
  ...(refund.succeeded !== undefined && { [`refund_success_time_${n}`]: plain(refund.succeeded) }),
})
