import type { AUTHORIZATION_REASONS } from '../../accounts/transfer-authorizations/rejections.ts'
import { type ErrorContent, invalidRequest } from '../error-content.ts'

/** Errors of calls about the authorization of transfers; chosen like those of transfers, because no source has them. */
export const AUTHORIZATION_REJECTIONS: Readonly<Record<keyof typeof AUTHORIZATION_REASONS, ErrorContent>> = {
  AUTHORIZATION_NUMBER_USED: invalidRequest('商户侧授权单号已存在，且与之前请求的参数不一致'),
  AUTHORIZATION_UNKNOWN: [404, 'NOT_FOUND', '记录不存在'],
  AUTHORIZATION_STATE: invalidRequest('当前授权单状态不支持该操作'),
}
