import type { RejectionReason } from '../accounts/rejection.ts'

/** Refuses the message itself (`return_code` FAIL), with an unsigned response. */
export class ReturnRefusal extends Error {
  override readonly name: string = 'ReturnRefusal'
}

/** Refuses the business request (`result_code` FAIL), with a signed response. */
export class ResultRefusal extends Error {
  override readonly name: string = 'ResultRefusal'
  readonly code: string

  constructor(code: string, description: string) {
    super(description)
    this.code = code
  }
}

export type ErrorContent = readonly [code: string, description: string]
const MISMATCH: ErrorContent = ['REFUND_FEE_MISMATCH', '订单金额或退款金额与之前请求不一致，请核实后再试']

const invalidRequest = (description: string): ErrorContent => ['INVALID_REQUEST', description]

/** APIv2's error for each reason. */
export const REJECTIONS: Readonly<Record<RejectionReason, ErrorContent>> = {
  ORDER_UNKNOWN: ['ORDERNOTEXIST', '订单不存在'],
  ORDER_AMBIGUOUS: ['PARAM_ERROR', '参数错误，子商户号必填'],
  REFUND_AMBIGUOUS: ['PARAM_ERROR', '参数错误，子商户号必填'],
  ORDER_PAID: ['ORDERPAID', '该订单已支付'],
  ORDER_CLOSED: ['ORDERCLOSED', '订单已关闭'],
  ORDER_REVOKED: ['ORDERREVERSED', '订单已撤销'],
  ORDER_FAILED: ['TRADE_ERROR', '交易错误，请更换单号后重新下单'],
  ORDER_PAYING: ['TRADE_STATE_ERROR', '订单状态错误，用户支付中'],
  ORDER_COMBINED: invalidRequest('该订单为合单支付的子单'),
  ORDER_NUMBER_USED: ['OUT_TRADE_NO_USED', '商户订单号重复'],
  PREPAY_EXPIRED: ['TRADE_ERROR', '预支付交易会话已过期'],
  AUTH_CODE_INVALID: ['AUTH_CODE_INVALID', '付款码检验错误'],
  AUTH_CODE_USED: ['AUTH_CODE_ERROR', '每个二维码仅限使用一次，请刷新再试'],
  AUTH_CODE_EXPIRED: ['AUTHCODEEXPIRE', '二维码已过期，请用户在微信上刷新后再试'],
  MICROPAY_FAILED: ['TRADE_ERROR', '交易错误'],
  REVERSE_LATE: ['REVERSE_EXPIRE', '订单无法撤销'],
  REVERSE_REFUNDED: ['TRADE_STATE_ERROR', '订单状态错误'],
  REFUND_ORDER_UNKNOWN: ['ORDERNOTEXIST', '订单不存在'],
  REFUND_ORDER_UNPAID: ['TRADE_STATE_ERROR', '订单状态错误'],
  REFUND_OVERDUE: ['TRADE_OVERDUE', '订单已经超过退款期限'],
  REFUND_TOTAL_MISMATCH: MISMATCH,
  REFUND_NUMBER_USED: MISMATCH,
  REFUND_TOO_MUCH: invalidRequest('refund_fee大于可退金额'),
  REFUND_TOO_MANY: invalidRequest('一笔订单最多支持50次部分退款'),
  REFUND_SHARED: ['NOTENOUGH', '订单已分账，可退金额不足，请先分账回退'],
  REFUNDED_WHOLLY: ['ERROR', '订单已全额退款'],
  REFUND_FUNDS: ['NOTENOUGH', '基本账户余额不足，请充值后重新发起'],
  REFUND_UNKNOWN: ['REFUNDNOTEXIST', '退款订单查询失败'],
  REFUND_SETTLED: invalidRequest('退款单已有结果'),
  REFUND_NOT_ABNORMAL: invalidRequest('退款单状态不是退款异常'),
  SHARING_ORDER_UNKNOWN: ['INVALID_TRANSACTIONID', '无效的微信支付订单号'],
  SHARING_NOT_MARKED: ['NOT_SHARE_ORDER', '非分账订单不支持分账'],
  SHARING_FINISHED: invalidRequest('订单已完结分账，不支持再次分账'),
  SHARING_NUMBER_USED: invalidRequest('商户分账单号已存在，且与之前请求的参数不一致'),
  SHARING_NO_RELATION: ['RECEIVER_INVALID', '分账接收方关系不存在'],
  SHARING_NAME: ['RECEIVER_INVALID', '分账接收方姓名校验不通过'],
  SHARING_RATIO: ['RULE_LIMIT', '分账金额超出最大分账比例'],
  SHARING_TOO_MUCH: ['NOT_ENOUGH', '分账金额不足'],
  SHARING_TOO_MANY: ['RULE_LIMIT', '分账次数超过上限'],
  SHARING_UNKNOWN: ['ORDER_NOT_EXIST', '分账单不存在'],
  RETURN_NUMBER_USED: invalidRequest('商户回退单号已存在，且与之前请求的参数不一致'),
  RETURN_RECEIVER: invalidRequest('回退方不存在'),
  RETURN_TOO_MUCH: ['NOT_ENOUGH', '剩余可回退的金额不足'],
  RETURN_UNKNOWN: ['ORDER_NOT_EXIST', '分账回退单不存在'],
  TRANSFER_NUMBER_USED: ['FATAL_ERROR', '两次请求参数不一致'],
  TRANSFER_FUNDS: ['NOTENOUGH', '付款帐号余额不足'],
  TRANSFER_STATE: invalidRequest('当前单据状态不支持该操作'),
  TRANSFER_UNKNOWN: ['NOT_FOUND', '指定单号数据不存在'],
  APPLYMENT_UNKNOWN: ['PARAM_ERROR', '申请单不存在'],
  APPLYMENT_ENDED: ['PARAM_ERROR', '申请单已结束'],
  ACCOUNT_SHORT: ['NOTENOUGH', '账户余额不足'],
}
