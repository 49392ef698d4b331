import type { MEDICAL_REASONS } from '../../accounts/medical-insurance/rejections.ts'
import { type ErrorContent, invalidRequest } from '../error-content.ts'

const ruleLimit = (message: string): ErrorContent => [403, 'RULE_LIMIT', message]

/**
 * Errors of calls about payments by medical insurance. ALREADY_EXISTS, RULE_LIMIT and the messages are WeChat Pay's, as its own guide to
 * errors has them; the code of an unknown order, and what refuses the
 * amounts of a refund, are chosen to go with them.
 */
export const MEDICAL_REJECTIONS: Readonly<Record<keyof typeof MEDICAL_REASONS, ErrorContent>> = {
  MEDICAL_ORDER_UNKNOWN: [404, 'NOT_FOUND', '未找到订单，请确认订单号是否正确'],
  MEDICAL_NUMBER_USED: [400, 'ALREADY_EXISTS', '订单已存在'],
  MEDICAL_CASH_FIELDS: ruleLimit('纯自费单字段校验失败'),
  MEDICAL_INSURANCE_FIELDS: ruleLimit('合支付单字段校验失败'),
  MEDICAL_TOTAL: ruleLimit('订单总金额校验不通过'),
  MEDICAL_CASH: ruleLimit('自费金额校验不通过'),
  MEDICAL_PREPAY: ruleLimit('自费预下单ID和收款预下单ID不一致'),
  MEDICAL_CASH_REFUNDED: invalidRequest('自费部分已发生退款或分账，不能冲正'),
  MEDICAL_REFUND: ruleLimit('医保退款金额校验不通过'),
  MEDICAL_STATE: invalidRequest('当前订单状态不支持该操作'),
}
