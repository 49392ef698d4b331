import type { RejectionReason } from '../rejection.ts'

/** `return_code` FAIL: the message itself is refused, before anyone looks at the business. Unsigned. */
export class ReturnFault extends Error {
  override readonly name: string = 'ReturnFault'
}

/** `result_code` FAIL, signed. */
export class ResultFault extends Error {
  override readonly name: string = 'ResultFault'
  readonly code: string

  constructor(code: string, description: string) {
    super(description)
    this.code = code
  }
}

type Words = readonly [code: string, description: string]
const MISMATCH: Words = ['REFUND_FEE_MISMATCH', '订单金额或退款金额与之前请求不一致，请核实后再试']

/** APIv2's words for each reason. */
export const REJECTIONS: Readonly<Record<RejectionReason, Words>> = {
  ORDER_UNKNOWN: ['ORDERNOTEXIST', '订单不存在'],
  ORDER_PAID: ['ORDERPAID', '该订单已支付'],
  ORDER_CLOSED: ['ORDERCLOSED', '订单已关闭'],
  ORDER_NUMBER_USED: ['OUT_TRADE_NO_USED', '商户订单号重复'],
  REFUND_ORDER_UNKNOWN: ['ORDERNOTEXIST', '订单不存在'],
  REFUND_ORDER_UNPAID: ['TRADE_STATE_ERROR', '订单状态错误'],
  REFUND_TOTAL_MISMATCH: MISMATCH,
  REFUND_NUMBER_USED: MISMATCH,
  REFUND_TOO_MUCH: ['INVALID_REQUEST', 'refund_fee大于可退金额'],
  REFUNDED_WHOLLY: ['ERROR', '订单已全额退款'],
  REFUND_FUNDS: ['NOTENOUGH', '基本账户余额不足，请充值后重新发起'],
  REFUND_UNKNOWN: ['REFUNDNOTEXIST', '退款订单查询失败'],
}
