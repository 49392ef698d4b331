import type { Api } from '../../../definitions/call.ts'
import type { SignType } from '../../../definitions/trait.ts'
import type { Order } from '../orders/order.ts'

/** Money that a refund is paid from: the unsettled (the default), or the available. */
export type RefundSource = 'UNSETTLED' | 'AVAILABLE'
export type RefundStatus = 'PROCESSING' | 'SUCCESS' | 'CLOSED' | 'ABNORMAL'
/** Result of a refund that is being processed. */
export type RefundResult = Exclude<RefundStatus, 'PROCESSING'>

export interface RefundDraft {
  /** API version of the request, and of the notification. */
  readonly api: Api
  /** APIv2: sign type of the request. */
  readonly sign_type?: SignType | undefined
  readonly out_refund_no: string
  /** At least one of these two; both must belong to the same order. */
  readonly out_trade_no?: string | undefined
  readonly transaction_id?: string | undefined
  /** Set for an order placed at `/v3/global/…`. */
  readonly overseas?: true | undefined
  /** Set for an order of a service provider. */
  readonly sub_mchid?: string | undefined
  readonly total: number
  readonly refund: number
  readonly reason?: string | undefined
  readonly source: RefundSource
  /** Part of the refund that the available balance pays (`amount.from`). It can exceed what has not been shared. */
  readonly available?: number | undefined
  readonly notify_url?: string | undefined
  /** Platform that pays the refund in place of the sub-merchant (垫付退款). */
  readonly advancer?: string | undefined
}

export interface Refund extends RefundDraft {
  readonly refund_id: string
  readonly out_trade_no: string
  readonly transaction_id: string
  readonly status: RefundStatus
  /** 原路退款, or another card after that failed. */
  readonly channel: 'ORIGINAL' | 'OTHER_BANKCARD'
  /** Part of the refund that the shopper paid with a coupon (优惠退款金额). */
  readonly discount: number
  /** Part of its own fee that WeChat Pay returns. */
  readonly fee: number
  /** ms */
  readonly createdAt: number
  readonly succeededAt?: number
  /** Time at which it was closed and the money returned to the merchant, ms. */
  readonly closedAt?: number
  readonly fingerprint: string
}

/** Returns the amount that the payee returns (应结退款金额). */
export const settlementRefund = (
  { refund, discount }: Pick<Refund, 'refund' | 'discount'>,
  { coupon }: Order,
): number => (coupon?.funder === undefined ? refund - discount : refund)

/** Returns the key of a refund. `out_refund_no` is unique per merchant. */
export const refundKey = ({ sub_mchid, out_refund_no }: Pick<RefundDraft, 'sub_mchid' | 'out_refund_no'>): string =>
  sub_mchid === undefined ? out_refund_no : `${sub_mchid}/${out_refund_no}`

export interface RefundSettled {
  readonly type: 'refund-settled'
  readonly refund: Refund
  readonly order: Order
}

/** An accepted refund has begun. The merchant is not notified of it. */
export interface RefundAccepted {
  readonly type: 'refund-accepted'
  readonly refund: Refund
  readonly order: Order
}

export type RefundEvent = RefundAccepted | RefundSettled
