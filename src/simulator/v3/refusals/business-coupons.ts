import type { BUSINESS_COUPON_REASONS } from '../../accounts/business-coupons/rejections.ts'
import { type ErrorContent, invalidRequest, notFound } from '../error-content.ts'

const ruleLimit = (message: string): ErrorContent => [403, 'RULELIMIT', message]
const paramError = (message: string): ErrorContent => [400, 'PARAM_ERROR', message]

/**
 * Errors of calls about business coupons (商家券). The documents have RESOURCE_ALREADY_EXISTS (批次已存在, 券已被其他订单核销),
 * RESOURCE_NOT_EXISTS, RULELIMIT (券不在有效期), USER_NOT_EXISTS and INVALID_REQUEST (发券模式不合法); the others are chosen among them.
 */
export const BUSINESS_COUPON_REJECTIONS: Readonly<Record<keyof typeof BUSINESS_COUPON_REASONS, ErrorContent>> = {
  BUSINESS_STOCK_UNKNOWN: notFound('查询的资源不存在'),
  BUSINESS_STOCK_NUMBER_USED: [400, 'RESOURCE_ALREADY_EXISTS', '批次已存在'],
  BUSINESS_STOCK_RULES: paramError('参数错误，核销规则有误'),
  BUSINESS_STOCK_INACTIVE: ruleLimit('批次未在发放中'),
  BUSINESS_STOCK_BUDGET: ruleLimit('批次已达发放上限'),
  BUSINESS_STOCK_USER_LIMIT: ruleLimit('用户已达最大领券次数'),
  BUSINESS_BUDGET_CHANGED: paramError('参数错误，当前预算与传入的不一致，或目标预算小于已发放数量'),
  BUSINESS_CODE_MODE: invalidRequest('发券模式不合法'),
  BUSINESS_CODES_FULL: paramError('参数错误，单次最多上传200个券code'),
  BUSINESS_CODE_UNKNOWN: notFound('查询的资源不存在'),
  BUSINESS_CODE_USED: invalidRequest('券code已被使用'),
  BUSINESS_CODES_OVER: ruleLimit('批次已无可用的预存code'),
  BUSINESS_COUPON_UNKNOWN: notFound('查询的资源不存在'),
  BUSINESS_COUPON_USER: [404, 'USER_NOT_EXISTS', 'openid不正确'],
  BUSINESS_COUPON_NUMBER_USED: invalidRequest('发券凭证已存在，且与之前请求的参数不一致'),
  BUSINESS_COUPON_USED: [400, 'RESOURCE_ALREADY_EXISTS', '券已被其他订单核销'],
  BUSINESS_COUPON_TIME: ruleLimit('券不在有效期'),
  BUSINESS_COUPON_STATE: invalidRequest('当前券状态不支持该操作'),
  BUSINESS_COUPON_ORDER: invalidRequest('券已关联其他订单，或未关联该订单'),
}
