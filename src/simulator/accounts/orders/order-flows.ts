import { type FundFlow, feeOf } from '../funds.ts'
import { type Order, payeeOf, settlementTotal } from './order.ts'

/** Returns the movements that an order has caused: its payment, its reversal, and the fee of both. */
export function* flowsOfOrder(order: Order): Generator<FundFlow> {
  if (order.paidAt === undefined) return
  yield* flowsOf(order, order.paidAt, '交易', '扣除交易手续费', 1)
  if (order.revokedAt !== undefined) yield* flowsOf(order, order.revokedAt, '撤销', '退回交易手续费', -1)
}

function* flowsOf(order: Order, at: number, business: string, feeName: string, sign: 1 | -1): Generator<FundFlow> {
  const common = {
    at,
    mchid: payeeOf(order),
    account: 'BASIC',
    currency: order.amount.currency,
    number: order.transaction_id!,
    remark: order.attach,
  } as const
  yield { ...common, business, voucher: order.out_trade_no, amount: sign * settlementTotal(order) }
  const fee = feeOf(settlementTotal(order))
  if (fee > 0) yield { ...common, business: feeName, voucher: order.out_trade_no, amount: -sign * fee }
  const { coupon } = order
  if (coupon?.funder !== undefined)
    yield {
      at,
      mchid: coupon.funder,
      account: 'OPERATION',
      business: sign === 1 ? '代金券' : '代金券退款',
      number: order.transaction_id!,
      voucher: coupon.coupon_id,
      amount: -sign * coupon.amount,
    }
}
