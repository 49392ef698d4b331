import type { RejectionReason } from '../rejection.ts'

/** An APIv3 error answer, thrown from wherever it is found. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
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

/** 400 `PARAM_ERROR`. `field` is a JSON pointer in a body, a name in a query or a header. */
export const paramError = (
  message: string,
  detail: { field: string; issue: string; location: 'body' | 'query' | 'path' | 'header'; value?: unknown },
): Refusal => new Refusal(400, 'PARAM_ERROR', message, detail)

type Words = readonly [status: number, code: string, message: string]
const MISMATCH: Words = [400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试']

/** APIv3's words for each reason. An order that is not paid does not exist for a refund: so the documentation has it. */
export const REJECTIONS: Readonly<Record<RejectionReason, Words>> = {
  ORDER_UNKNOWN: [404, 'ORDER_NOT_EXIST', '订单不存在'],
  ORDER_PAID: [400, 'ORDERPAID', '该订单已支付'],
  ORDER_CLOSED: [400, 'ORDER_CLOSED', '该订单已关闭'],
  ORDER_NUMBER_USED: [403, 'OUT_TRADE_NO_USED', '商户订单号重复'],
  REFUND_ORDER_UNKNOWN: [404, 'RESOURCE_NOT_EXISTS', '订单不存在'],
  REFUND_ORDER_UNPAID: [404, 'RESOURCE_NOT_EXISTS', '订单不存在，未支付的订单不能发起退款'],
  REFUND_TOTAL_MISMATCH: MISMATCH,
  REFUND_NUMBER_USED: MISMATCH,
  REFUND_TOO_MUCH: [400, 'INVALID_REQUEST', '申请退款金额大于订单可退金额'],
  REFUNDED_WHOLLY: [400, 'INVALID_REQUEST', '订单已全额退款'],
  REFUND_FUNDS: [403, 'NOT_ENOUGH', '基本账户余额不足，请充值后重新发起'],
  REFUND_UNKNOWN: [404, 'RESOURCE_NOT_EXISTS', '退款单不存在'],
}
