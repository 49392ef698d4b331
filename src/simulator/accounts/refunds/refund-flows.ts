import type { FundFlow } from '../funds.ts'
import { type Order, payeeOf } from '../orders/order.ts'
import { type Refund, settlementRefund } from './refund.ts'

/** Returns the movements that a refund has caused: its payment, and its return if it was closed, with the fee of both. */
export function* flowsOfRefund(refund: Refund, order: Order): Generator<FundFlow> {
  const { createdAt, closedAt, fee, reason: remark } = refund
  const settled = settlementRefund(refund, order)
  const common = {
    mchid: refund.advancer ?? payeeOf(order),
    account: 'BASIC',
    currency: order.amount.currency,
    number: refund.refund_id,
    voucher: refund.out_refund_no,
  } as const
  yield { ...common, at: createdAt, business: '退款', amount: -settled, remark }
  if (fee > 0) yield { ...common, at: createdAt, business: '退回交易手续费', amount: fee }
  yield* flowsOfCoupon(refund, order)
  if (closedAt === undefined) return
  yield { ...common, at: closedAt, business: '退款关闭', amount: settled, remark }
  if (fee > 0) yield { ...common, at: closedAt, business: '扣除交易手续费', amount: -fee }
}

/** Returns the movement that brings the money of a prepaid coupon back to the merchant that prepaid it. */
function* flowsOfCoupon({ succeededAt, discount, refund_id }: Refund, { coupon }: Order): Generator<FundFlow> {
  if (succeededAt === undefined || coupon?.funder === undefined || discount === 0) return
  yield {
    at: succeededAt,
    mchid: coupon.funder,
    account: 'OPERATION',
    business: '代金券退款',
    number: refund_id,
    voucher: coupon.coupon_id,
    amount: discount,
  }
}
