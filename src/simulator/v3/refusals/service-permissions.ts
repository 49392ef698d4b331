import type { PERMISSION_REASONS } from '../../accounts/service-permissions/rejections.ts'
import { type ErrorContent, invalidRequest, notFound } from '../error-content.ts'

/** Errors of calls about the permission of a service, chosen like those of service orders; no source has them. */
export const PERMISSION_REJECTIONS: Readonly<Record<keyof typeof PERMISSION_REASONS, ErrorContent>> = {
  PERMISSION_UNKNOWN: notFound('授权记录不存在'),
  PERMISSION_CODE_USED: invalidRequest('授权协议号已存在，且与之前请求的参数不一致'),
  PERMISSION_STATE: invalidRequest('用户未授权，或已解除授权'),
  PERMISSION_GRANTED: invalidRequest('用户已授权或已解除授权'),
}
