import { APPLYMENT_REASONS } from '../accounts/applyments/rejections.ts'
import { BUSINESS_COUPON_REASONS } from '../accounts/business-coupons/rejections.ts'
import { COUPON_REASONS } from '../accounts/coupons/rejections.ts'
import { ECOMMERCE_REASONS } from '../accounts/ecommerce/rejections.ts'
import { FAPIAO_REASONS } from '../accounts/fapiao/rejections.ts'
import { MEDICAL_REASONS } from '../accounts/medical-insurance/rejections.ts'
import { PARKING_REASONS } from '../accounts/parking/rejections.ts'
import { PAYROLL_REASONS } from '../accounts/payroll-card/rejections.ts'
import type { RejectionReason } from '../accounts/rejection.ts'
import { PERMISSION_REASONS } from '../accounts/service-permissions/rejections.ts'
import { AUTHORIZATION_REASONS } from '../accounts/transfer-authorizations/rejections.ts'

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

/** Returns an error for reasons that no call of APIv2 meets, because it has none for their product. */
const withoutCall = <Reason extends string>(
  reasons: Readonly<Record<Reason, string>>,
): Readonly<Record<Reason, ErrorContent>> =>
  Object.fromEntries(Object.entries<string>(reasons).map(([reason, text]) => [reason, invalidRequest(text)])) as Record<
    Reason,
    ErrorContent
  >

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
  REVERSE_SUBSIDIZED: ['TRADE_STATE_ERROR', '订单状态错误'],
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
  REFUND_NOT_ADVANCED: ['INVALID_REQUEST', '退款单不是垫付退款'],
  ADVANCE_RETURN_UNKNOWN: ['REFUNDNOTEXIST', '垫付回补单不存在'],
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
  RED_PACKET_STATE: invalidRequest('当前红包状态不支持该操作'),
  RED_PACKET_UNKNOWN: ['NOT_FOUND', '指定单号数据不存在'],
  SERVICE_ORDER_UNKNOWN: ['ORDERNOTEXIST', '查询单据不存在'],
  SERVICE_ORDER_NUMBER_USED: ['INVALID_REQUEST', '订单重入参数校验失败'],
  SERVICE_ORDER_STATE: ['INVALID_REQUEST', '当前订单状态不合法'],
  SERVICE_ORDER_TOTAL: ['PARAM_ERROR', '总金额与后付费项目、商户优惠的金额不一致'],
  SERVICE_ORDER_TOO_MUCH: ['INVALID_REQUEST', '总金额超过此服务的服务风险金额'],
  APPLYMENT_UNKNOWN: ['PARAM_ERROR', '申请单不存在'],
  APPLYMENT_ENDED: ['PARAM_ERROR', '申请单已结束'],
  // APIv2 has no call about complaints.
  COMPLAINT_UNKNOWN: invalidRequest('投诉单不存在'),
  COMPLAINT_FOREIGN: ['NO_AUTH', '您暂无权限为该投诉单提交商户回复'],
  COMPLAINT_STATE: invalidRequest('当前投诉单状态不支持该操作'),
  COMPLAINT_OPEN: invalidRequest('该订单有未处理完成的投诉单'),
  COMPLAINT_ORDER_UNPAID: invalidRequest('订单未支付，不能投诉'),
  COMPLAINT_AMOUNT: invalidRequest('申请退款金额大于订单金额'),
  COMPLAINT_NO_REFUND: ['PARAM_ERROR', '非极速退款单据'],
  COMPLAINT_DECIDED: invalidRequest('当前单据状态不支持操作'),
  COMPLAINT_NOT_IMMEDIATE: invalidRequest('非即时服务投诉单'),
  CONTRACT_UNKNOWN: ['CONTRACT_NOT_EXIST', '签约协议不存在'],
  CONTRACT_AMBIGUOUS: ['PARAM_ERROR', '参数错误，模板id与子商户号必填'],
  CONTRACT_CODE_USED: invalidRequest('签约协议号已存在'),
  CONTRACT_STATE: ['CONTRACT_NOT_EXIST', '签约协议已解约'],
  ACCOUNT_SHORT: ['NOTENOUGH', '账户余额不足'],
  ...withoutCall(COUPON_REASONS),
  COUPON_STOCK_UNKNOWN: ['COUPON_STOCK_NOT_FOUND', '批次信息不存在'],
  COUPON_STOCK_FOREIGN: ['CODE_2_ID_ERR', '商户id有误'],
  COUPON_STOCK_INACTIVE: ['AL_STOCK_OVER', '活动已结束'],
  COUPON_BUDGET: ['AL_STOCK_OVER', '活动已结束'],
  COUPON_USER_LIMIT: ['USER_AL_GET_COUPON', '你已领取过该代金券'],
  COUPON_NUMBER_USED: invalidRequest('商户单据号已存在，且与之前请求的参数不一致'),
  COUPON_UNKNOWN: ['COUPON_NOT_FOUND', '券没有查找成功'],
  ...withoutCall(BUSINESS_COUPON_REASONS),
  ...withoutCall(APPLYMENT_REASONS),
  ...withoutCall(ECOMMERCE_REASONS),
  ...withoutCall(AUTHORIZATION_REASONS),
  ...withoutCall(PERMISSION_REASONS),
  ...withoutCall(PARKING_REASONS),
  ...withoutCall(FAPIAO_REASONS),
  ...withoutCall(MEDICAL_REASONS),
  ...withoutCall(PAYROLL_REASONS),
}
