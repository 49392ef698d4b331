import type { COUPON_REASONS } from '../../accounts/coupons/rejections.ts'
import { type ErrorContent, invalidRequest, notFound } from '../error-content.ts'

/**
 * Errors of calls about coupons (代金券). The table of the documents of 2019 has most of them; see the test's comments for the
 * others.
 */
export const COUPON_REJECTIONS: Readonly<Record<keyof typeof COUPON_REASONS, ErrorContent>> = {
  COUPON_STOCK_UNKNOWN: notFound('批次不存在'),
  COUPON_STOCK_FOREIGN: [403, 'REQUEST_BLOCKED', '商户无权发券'],
  COUPON_STOCK_NUMBER_USED: [400, 'RESOURCE_ALREADY_EXISTS', '批次已存在'],
  COUPON_STOCK_STATE: [400, 'PARAM_ERROR', '非法的批次状态'],
  COUPON_STOCK_RULES: invalidRequest('批次发放规则或核销规则有误，请修改后重试'),
  COUPON_STOCK_BUDGET: [400, 'PARAM_ERROR', '批次预算等于批次面额乘以发券数'],
  COUPON_STOCK_OVER: [403, 'REQUEST_BLOCKED', '活动未开始或已结束'],
  COUPON_STOCK_FUNDS: [403, 'NOT_ENOUGH', '账户余额不足，请充值'],
  COUPON_STOCK_INACTIVE: invalidRequest('活动已结束或未激活'),
  COUPON_BUDGET: [403, 'NOT_ENOUGH', '批次预算不足'],
  COUPON_USER_LIMIT: [403, 'RULE_LIMIT', '用户已达最大领券次数'],
  COUPON_NUMBER_USED: invalidRequest('商户单据号已存在，且与之前请求的参数不一致'),
  COUPON_UNKNOWN: notFound('券不存在'),
  COUPON_STATE: invalidRequest('券已使用或已过期'),
  COUPON_NOT_USABLE: invalidRequest('订单不满足券的使用条件'),
}
