import type { FAPIAO_REASONS } from '../../accounts/fapiao/rejections.ts'
import { type ErrorContent, invalidRequest, notFound } from '../error-content.ts'

/** Errors of calls about electronic invoices. The conditions are documented; their codes are chosen among the common ones. */
export const FAPIAO_REJECTIONS: Readonly<Record<keyof typeof FAPIAO_REASONS, ErrorContent>> = {
  FAPIAO_UNKNOWN: notFound('发票不存在'),
  FAPIAO_NUMBER_USED: [400, 'RESOURCE_ALREADY_EXISTS', '发票申请单号已存在'],
  FAPIAO_ORDER: invalidRequest('微信支付订单不存在，或不属于该商户'),
  FAPIAO_NOT_REQUESTED: invalidRequest('发票申请单号与获取抬头填写链接时的不一致'),
  FAPIAO_TITLE_UNKNOWN: notFound('用户未填写抬头'),
  FAPIAO_LINES: invalidRequest('发票总金额与发票行金额之和不一致'),
  FAPIAO_TOO_MUCH: invalidRequest('发票总金额超过交易总金额，或超过获取抬头填写链接时的总金额'),
  FAPIAO_STATE: invalidRequest('发票当前状态不支持该操作'),
  FAPIAO_MEDIA: invalidRequest('电子发票文件不存在'),
  FAPIAO_CONFIG_UNKNOWN: notFound('未配置开发选项'),
}
