import type { PARKING_REASONS } from '../../accounts/parking/rejections.ts'
import { type ErrorContent, invalidRequest } from '../error-content.ts'

/**
 * Errors of calls about parking. The change log of the documents names INVALID_REQUEST for the query and the entry, and no other. Neither
 * says what a second deduction of one parking gets; its refusal is the simulator's own.
 */
export const PARKING_REJECTIONS: Readonly<Record<keyof typeof PARKING_REASONS, ErrorContent>> = {
  PLATE_UNKNOWN: invalidRequest('车牌未开通服务'),
  PLATE_STATE: invalidRequest('车牌服务状态不支持该操作'),
  PLATE_OVERDUE: invalidRequest('车牌原用户有未还款的垫资单，请先还款'),
  PARKING_UNKNOWN: invalidRequest('停车入场信息不存在'),
  PARKING_NUMBER_USED: invalidRequest('商户入场ID已存在，且与之前请求的参数不一致'),
  PARKING_BLOCKED: invalidRequest('停车入场状态不可用，请引导用户现场缴费'),
  PARKING_PLATE: invalidRequest('车牌与停车入场时不一致'),
  PARKING_PAID: invalidRequest('该停车入场已扣费，请勿重复扣费'),
  PARKING_NOT_ADVANCED: invalidRequest('订单不是待还款的垫资单'),
}
