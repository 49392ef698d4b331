import type { ECOMMERCE_REASONS } from '../../accounts/ecommerce/rejections.ts'
import { type ErrorContent, invalidRequest, notEnough } from '../error-content.ts'

/** Errors of withdrawals, from their document, and of subsidies, whose documents have PARAM_ERROR and INVALID_REQUEST only. */
export const ECOMMERCE_REJECTIONS: Readonly<Record<keyof typeof ECOMMERCE_REASONS, ErrorContent>> = {
  WITHDRAWAL_NUMBER_USED: [400, 'PARAM_ERROR', '参数和历史提交的参数不一致'],
  WITHDRAWAL_FUNDS: notEnough('账户可用余额不足'),
  WITHDRAWAL_UNKNOWN: [404, 'ORDER_NOT_EXIST', '提现单号不存在'],
  WITHDRAWAL_STATE: invalidRequest('提现单当前状态不支持该操作'),
  SUBSIDY_ORDER: invalidRequest('订单不存在，或不是分账订单'),
  SUBSIDY_SHARED: invalidRequest('订单已分账或已取消补差，不能补差'),
  SUBSIDY_TOO_MUCH: invalidRequest('补差金额超过订单金额'),
  SUBSIDY_NUMBER_USED: [400, 'PARAM_ERROR', '参数和历史提交的参数不一致'],
  SUBSIDY_FUNDS: notEnough('账户可用余额不足'),
  SUBSIDY_EXISTS: invalidRequest('订单已补差，不能取消'),
  SUBSIDY_NOT_REFUNDED: invalidRequest('订单未发生退款'),
  SUBSIDY_RETURN_TOO_MUCH: invalidRequest('补差回退金额超过剩余可回退金额'),
}
