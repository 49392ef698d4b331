import type { RejectionReason } from '../accounts/rejection.ts'
import { type ErrorContent, invalidRequest, notEnough, notFound, tradeError } from './error-content.ts'
import { APPLYMENT_REJECTIONS } from './refusals/applyments.ts'
import { BUSINESS_COUPON_REJECTIONS } from './refusals/business-coupons.ts'
import { COUPON_REJECTIONS } from './refusals/coupons.ts'
import { ECOMMERCE_REJECTIONS } from './refusals/ecommerce.ts'
import { FAPIAO_REJECTIONS } from './refusals/fapiao.ts'
import { MEDICAL_REJECTIONS } from './refusals/medical-insurance.ts'
import { PARKING_REJECTIONS } from './refusals/parking.ts'
import { PAYROLL_REJECTIONS } from './refusals/payroll-card.ts'
import { PERMISSION_REJECTIONS } from './refusals/service-permissions.ts'
import { AUTHORIZATION_REJECTIONS } from './refusals/transfer-authorizations.ts'

/** Refuses an APIv3 request with an error response. */
export class V3Refusal extends Error {
  override readonly name: string = 'V3Refusal'
  readonly status: number
  readonly code: string
  readonly detail: Readonly<Record<string, unknown>> | undefined

  constructor(status: number, code: string, message: string, detail?: Readonly<Record<string, unknown>>) {
    super(message)
    this.status = status
    this.code = code
    this.detail = detail
  }
}

/** Place of a parameter, as the service names it; `uri_template` is the path. */
export type Location = 'body' | 'query' | 'uri_template' | 'header'

/** Creates a refusal with 400 `PARAM_ERROR`. `field` is a JSON pointer in a body, a name in a query or a header. */
export const paramError = (
  message: string,
  detail: { field: string; issue: string; location: Location; value?: unknown },
): V3Refusal => new V3Refusal(400, 'PARAM_ERROR', message, detail)

const MISMATCH: ErrorContent = [400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试']
const NUMBER_USED = '单号已存在，且与之前请求的参数不一致'

/** APIv3's error for each reason. As documented, an order that is not paid does not exist for a refund. */
export const REJECTIONS: Readonly<Record<RejectionReason, ErrorContent>> = {
  ORDER_UNKNOWN: [404, 'ORDER_NOT_EXIST', '订单不存在'],
  ORDER_AMBIGUOUS: [400, 'PARAM_ERROR', '参数错误，子商户号必填'],
  REFUND_AMBIGUOUS: [400, 'PARAM_ERROR', '参数错误，子商户号必填'],
  ORDER_PAID: [400, 'ORDERPAID', '该订单已支付'],
  ORDER_CLOSED: [400, 'ORDER_CLOSED', '该订单已关闭'],
  ORDER_REVOKED: tradeError('该订单已撤销'),
  ORDER_FAILED: tradeError('该订单支付失败，请更换单号后重新下单'),
  ORDER_PAYING: tradeError('用户支付中，请使用撤销订单'),
  ORDER_COMBINED: invalidRequest('该订单为合单支付的子单，请通过合单接口操作'),
  ORDER_NUMBER_USED: [403, 'OUT_TRADE_NO_USED', '商户订单号重复'],
  PREPAY_EXPIRED: tradeError('预支付交易会话已过期，请重新下单'),
  AUTH_CODE_INVALID: [400, 'AUTH_CODE_INVALID', '付款码检验错误，请扫描微信支付付款码'],
  AUTH_CODE_USED: [400, 'AUTH_CODE_INVALID', '每个二维码仅限使用一次，请刷新再试'],
  AUTH_CODE_EXPIRED: [400, 'AUTH_CODE_EXPIRE', '付款码已过期，请用户在微信上刷新后再试'],
  MICROPAY_FAILED: tradeError('交易错误，用户支付失败'),
  REVERSE_LATE: tradeError('订单有7天的撤销有效期，过期将不能撤销'),
  REVERSE_REFUNDED: tradeError('订单已发生退款或分账，不能撤销'),
  REVERSE_SUBSIDIZED: tradeError('订单已补差，不能撤销'),
  REFUND_ORDER_UNKNOWN: notFound('订单不存在'),
  REFUND_ORDER_UNPAID: notFound('订单不存在，未支付的订单不能发起退款'),
  REFUND_OVERDUE: invalidRequest('订单已经超过退款期限'),
  REFUND_TOTAL_MISMATCH: MISMATCH,
  REFUND_NUMBER_USED: MISMATCH,
  REFUND_TOO_MUCH: invalidRequest('申请退款金额大于订单可退金额'),
  REFUND_TOO_MANY: invalidRequest('一笔订单最多支持50次部分退款'),
  REFUND_SHARED: notEnough('订单已分账，可退金额不足，请先分账回退后再发起退款'),
  REFUNDED_WHOLLY: invalidRequest('订单已全额退款'),
  REFUND_FUNDS: notEnough('基本账户余额不足，请充值后重新发起'),
  REFUND_UNKNOWN: notFound('退款单不存在'),
  REFUND_SETTLED: invalidRequest('退款单已有结果'),
  REFUND_NOT_ADVANCED: invalidRequest('退款单不是垫付退款，不能发起垫付回补'),
  ADVANCE_RETURN_UNKNOWN: notFound('垫付回补单不存在'),
  REFUND_NOT_ABNORMAL: invalidRequest('退款单状态不是退款异常，不能发起异常退款'),
  SHARING_ORDER_UNKNOWN: invalidRequest('非分账订单不支持分账'),
  SHARING_NOT_MARKED: invalidRequest('非分账订单不支持分账'),
  SHARING_FINISHED: notEnough('分账已完成，订单已无可分账资金'),
  SHARING_NUMBER_USED: invalidRequest(`商户分账${NUMBER_USED}`),
  SHARING_NO_RELATION: invalidRequest('分账接收方关系不存在，请先添加分账接收方'),
  SHARING_NAME: invalidRequest('分账接收方姓名校验不通过'),
  SHARING_RATIO: invalidRequest('分账金额超出最大分账比例'),
  SHARING_TOO_MUCH: notEnough('分账金额不足'),
  SHARING_TOO_MANY: invalidRequest('对同一笔订单最多能发起50次分账请求'),
  SHARING_UNKNOWN: notFound('分账单不存在'),
  RETURN_NUMBER_USED: invalidRequest(`商户回退${NUMBER_USED}`),
  RETURN_RECEIVER: invalidRequest('回退方不存在'),
  RETURN_TOO_MUCH: notEnough('剩余可回退的金额不足'),
  RETURN_UNKNOWN: notFound('分账回退单不存在'),
  TRANSFER_NUMBER_USED: invalidRequest(`商户${NUMBER_USED}`),
  TRANSFER_FUNDS: notEnough('资金不足，请充值后原单重试'),
  TRANSFER_STATE: invalidRequest('当前单据状态不支持该操作'),
  TRANSFER_UNKNOWN: [404, 'NOT_FOUND', '记录不存在'],
  // APIv3 has no call about red packets.
  RED_PACKET_STATE: invalidRequest('当前红包状态不支持该操作'),
  RED_PACKET_UNKNOWN: notFound('红包不存在'),
  SERVICE_ORDER_UNKNOWN: [404, 'ORDER_NOT_EXIST', '查询单据不存在'],
  SERVICE_ORDER_NUMBER_USED: invalidRequest('订单重入参数校验失败'),
  SERVICE_ORDER_STATE: invalidRequest('当前订单状态不合法'),
  SERVICE_ORDER_TOTAL: [400, 'PARAM_ERROR', '总金额与后付费项目、商户优惠的金额不一致'],
  SERVICE_ORDER_TOO_MUCH: invalidRequest('总金额超过此服务的服务风险金额'),
  APPLYMENT_UNKNOWN: [404, 'RESOURCE_NOT_EXISTS', '申请单不存在'],
  APPLYMENT_ENDED: invalidRequest('申请单已结束'),
  COMPLAINT_UNKNOWN: notFound('投诉单不存在'),
  COMPLAINT_FOREIGN: [403, 'NO_AUTH', '您暂无权限为该投诉单提交商户回复'],
  COMPLAINT_STATE: invalidRequest('当前投诉单状态不支持该操作'),
  COMPLAINT_OPEN: invalidRequest('该订单有未处理完成的投诉单'),
  COMPLAINT_ORDER_UNPAID: invalidRequest('订单未支付，不能投诉'),
  COMPLAINT_AMOUNT: invalidRequest('申请退款金额大于订单金额'),
  COMPLAINT_NO_REFUND: [400, 'PARAM_ERROR', '非极速退款单据, 不能对本单据进行退款进度更新'],
  COMPLAINT_DECIDED: invalidRequest('当前单据状态不支持操作, 请检查是否重复调用'),
  COMPLAINT_NOT_IMMEDIATE: invalidRequest('非即时服务投诉单，请使用回复用户接口'),
  CONTRACT_UNKNOWN: notFound('签约协议不存在'),
  CONTRACT_AMBIGUOUS: [400, 'PARAM_ERROR', '参数错误，模板ID与子商户号必填'],
  CONTRACT_CODE_USED: invalidRequest('商户签约协议号已存在'),
  CONTRACT_STATE: invalidRequest('签约协议已解约'),
  ACCOUNT_SHORT: notEnough('账户余额不足'),
  ...COUPON_REJECTIONS,
  ...BUSINESS_COUPON_REJECTIONS,
  ...APPLYMENT_REJECTIONS,
  ...ECOMMERCE_REJECTIONS,
  ...AUTHORIZATION_REJECTIONS,
  ...PERMISSION_REJECTIONS,
  ...PARKING_REJECTIONS,
  ...FAPIAO_REJECTIONS,
  ...MEDICAL_REJECTIONS,
  ...PAYROLL_REJECTIONS,
}
