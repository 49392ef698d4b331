import type { PAYROLL_REASONS } from '../../accounts/payroll-card/rejections.ts'
import { type ErrorContent, invalidRequest } from '../error-content.ts'

/** Errors of calls about payroll cards. That a number with a result cannot be ordered again is the simulator's own rule. */
export const PAYROLL_REJECTIONS: Readonly<Record<keyof typeof PAYROLL_REASONS, ErrorContent>> = {
  AUTHENTICATION_UNKNOWN: [404, 'NOT_FOUND', '核身单不存在'],
  AUTHENTICATION_NUMBER_USED: invalidRequest('商家核身单号重复，请更换单号后重试'),
  AUTHENTICATION_STATE: invalidRequest('核身单已有结果，请更换商家核身单号'),
  PAYROLL_RELATION_STATE: invalidRequest('当前授权状态不支持该操作'),
}
