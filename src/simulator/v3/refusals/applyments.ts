import type { APPLYMENT_REASONS } from '../../accounts/applyments/rejections.ts'
import { type ErrorContent, invalidRequest, notFound } from '../error-content.ts'

/** Errors of calls about applyments of sub-merchants. See the test's comments for their sources. */
export const APPLYMENT_REJECTIONS: Readonly<Record<keyof typeof APPLYMENT_REASONS, ErrorContent>> = {
  SUB_APPLYMENT_UNKNOWN: [400, 'PARAM_ERROR', '未能找到申请单'],
  ECOMMERCE_APPLYMENT_UNKNOWN: notFound('申请单不存在'),
  SUB_APPLYMENT_RUNNING: [400, 'RESOURCE_ALREADY_EXISTS', '存在流程进行中的申请单，请检查是否重入'],
  SUB_APPLYMENT_STATE: invalidRequest('申请单当前状态不支持该操作'),
  SUB_APPLYMENT_DETAIL: invalidRequest('驳回原因有误'),
  SETTLEMENT_CHANGING: invalidRequest('存在审核中的修改结算账户申请单'),
  SETTLEMENT_UNKNOWN: notFound('申请单不存在'),
  SETTLEMENT_DECIDED: invalidRequest('申请单已有审核结果'),
}
