import type { Refund, RefundDraft } from '../../refunds.ts'
import { rfc3339 } from '../../time.ts'
import type { Field } from '../fields.ts'
import { paramError } from '../refusal.ts'
import type { Route } from '../route.ts'

const AMOUNT: readonly Field[] = [
  { name: 'refund', label: '退款金额', type: 'integer', required: true, minimum: 1 },
  {
    name: 'from',
    label: '退款出资账户及金额',
    type: 'object[]',
    fields: [
      { name: 'account', label: '出资账户类型', type: 'string', required: true, enum: ['AVAILABLE', 'UNAVAILABLE'] },
      { name: 'amount', label: '出资金额', type: 'integer', required: true, minimum: 0 },
    ],
  },
  { name: 'total', label: '原订单金额', type: 'integer', required: true, minimum: 1 },
  { name: 'currency', label: '退款币种', type: 'string', required: true, enum: ['CNY'] },
]

const BODY: readonly Field[] = [
  { name: 'transaction_id', label: '微信支付订单号', type: 'string', maxLength: 32 },
  { name: 'out_trade_no', label: '商户订单号', type: 'string', maxLength: 32 },
  { name: 'out_refund_no', label: '商户退款单号', type: 'string', required: true, pattern: /^[\w\-|*@]{1,64}$/ },
  { name: 'reason', label: '退款原因', type: 'string', maxLength: 80 },
  { name: 'notify_url', label: '退款结果回调url', type: 'string', maxLength: 256 },
  { name: 'funds_account', label: '退款资金来源', type: 'string', enum: ['AVAILABLE', 'UNSETTLED'] },
  { name: 'amount', label: '金额信息', type: 'object', required: true, fields: AMOUNT },
  { name: 'goods_detail', label: '退款商品', type: 'object[]' },
]

export const refunds: readonly Route[] = [
  {
    method: 'POST',
    path: '/v3/refund/domestic/refunds',
    body: BODY,
    handle({ body }, world) {
      const { out_trade_no, transaction_id, out_refund_no, reason, funds_account } = body
      if (!out_trade_no && !transaction_id)
        throw paramError('参数错误，transaction_id和out_trade_no必须二选一', {
          field: '/out_trade_no',
          issue: 'one of transaction_id and out_trade_no is required',
          location: 'body',
        })
      const { total, refund } = body.amount as { total: number; refund: number }
      const source = funds_account === 'AVAILABLE' ? 'AVAILABLE' : 'UNSETTLED'
      const draft = {
        out_trade_no: out_trade_no || undefined,
        transaction_id: transaction_id || undefined,
        out_refund_no,
      }
      return answer(world.refunds.apply({ ...draft, reason, total, refund, source } as RefundDraft))
    },
  },
  {
    method: 'GET',
    path: '/v3/refund/domestic/refunds/{out_refund_no}',
    handle: ({ path }, world) => answer(world.refunds.query(path.out_refund_no!)),
  },
]

function answer({ out_refund_no, refund_id, out_trade_no, transaction_id, ...rest }: Refund) {
  const { total, refund, status, source, created, succeeded } = rest
  const amount = {
    ...{ total, refund, from: [], payer_total: total, payer_refund: refund },
    ...{ settlement_refund: refund, settlement_total: total, discount_refund: 0, currency: 'CNY' },
  }
  return {
    status: 200,
    body: {
      ...{ refund_id, out_refund_no, transaction_id, out_trade_no, status, amount },
      channel: 'ORIGINAL',
      user_received_account: '支付用户零钱',
      create_time: rfc3339(created),
      ...(succeeded !== undefined && { success_time: rfc3339(succeeded) }),
      funds_account: source,
      promotion_detail: [],
    },
  }
}
