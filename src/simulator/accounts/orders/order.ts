import type { Api } from '../../../definitions/call.ts'
import type { SignType } from '../../../definitions/trait.ts'
import type { ParkingInfo } from '../parking/parking.ts'

/** `PAP`: a deduction from a contract (委托代扣). `AUTH`: the deduction of a service order (支付分订单). */
export type TradeType = 'JSAPI' | 'NATIVE' | 'APP' | 'MWEB' | 'MICROPAY' | 'PAP' | 'AUTH'
/** `ACCEPT`: a deduction (委托代扣) that is accepted and not carried out yet. */
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED' | 'REVOKED' | 'USERPAYING' | 'PAYERROR' | 'ACCEPT'

export interface Payer {
  /** Openid under the merchant's application, or the service provider's. */
  readonly openid?: string | undefined
  /** Openid under the sub-merchant's application. */
  readonly sub_openid?: string | undefined
  /** Identity that the merchant encrypted, decrypted. */
  readonly identity?: { readonly type: string; readonly number: string; readonly name: string } | undefined
}

/** An order as the merchant requests it. */
export interface OrderDraft {
  /** API version of the request, and of the notification. */
  readonly api: Api
  /** APIv2: sign type of the request. */
  readonly sign_type?: SignType | undefined
  readonly out_trade_no: string
  readonly trade_type: TradeType
  readonly appid: string
  readonly mchid: string
  /** Set for an order of a service provider (服务商模式). */
  readonly sub_appid?: string | undefined
  readonly sub_mchid?: string | undefined
  readonly description: string
  readonly attach?: string | undefined
  /** Absent for payments by code, whose response contains the result, and for those that another notification reports. */
  readonly notify_url?: string | undefined
  readonly amount: { readonly total: number; readonly currency: string }
  readonly payer: Payer
  readonly device_id?: string | undefined
  /** 订单优惠标记, which coupons can require. */
  readonly goods_tag?: string | undefined
  /** Deadline for the payment, ms. */
  readonly time_expire?: number | undefined
  /** Whether the money stays frozen for profit sharing. */
  readonly profit_sharing?: boolean | undefined
  /** Set for an order placed at `/v3/global/…` (境外支付), which only those paths find. */
  readonly overseas?: true | undefined
  /** Set for the deduction of a parking fee (停车扣费). */
  readonly parking?: ParkingInfo | undefined
  /** Number of the combined order that it is a part of. */
  readonly combine_out_trade_no?: string | undefined
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface Order extends OrderDraft {
  /** Empty for payments by code, and for the parts of a combined order. */
  readonly prepay_id: string
  /** Time at which the prepay_id was issued, ms. */
  readonly prepayIssuedAt: number
  readonly trade_state: TradeState
  /** ms */
  readonly createdAt: number
  /** Time at which an unpaid order is closed, or an unconfirmed payment by code fails, ms. */
  readonly expiresAt: number
  /** Set once paid. */
  readonly transaction_id?: string
  readonly bank_type?: string
  /** ms */
  readonly paidAt?: number
  /** Whether the user has repaid a parking fee that WeChat Pay has advanced (垫资); absent if it has not. */
  readonly user_repaid?: 'Y' | 'N'
  /** Set for an order that was paid with a coupon. */
  readonly coupon?: AppliedCoupon
  /** Set for a paid order whose money is to be shared. */
  readonly sharing?: Sharing
  /** Time at which a paid order was reversed (撤销) and its money returned, ms. */
  readonly revokedAt?: number
}

/** The coupon (代金券) that an order was paid with. */
export interface AppliedCoupon {
  readonly coupon_id: string
  readonly stock_id: string
  readonly name: string
  /** Amount by which the shopper pays less, fen. */
  readonly amount: number
  /** Merchant that has prepaid the amount (预充值); absent if the payee gets less instead (免充值). */
  readonly funder?: string | undefined
  /** The shopper. */
  readonly openid: string
}

/** Progress of the profit sharing (分账) of an order, with amounts in fen. */
export interface Sharing {
  /** Amount that can still be shared (待分账金额). */
  readonly frozen: number
  /** Amount that other receivers have got and not returned. */
  readonly shared: number
  /** Amount that the platform has added (补差) and not taken back. */
  readonly subsidy: number
  /** Number of times that the order was shared. */
  readonly times: number
  readonly finished: boolean
}

/** Returns the merchant that the money belongs to: the sub-merchant, if there is one. */
export const payeeOf = ({ sub_mchid, mchid }: Pick<Order, 'sub_mchid' | 'mchid'>): string => sub_mchid ?? mchid

/** Returns the amount that the shopper pays (用户支付金额). */
export const payerTotal = ({ amount, coupon }: Pick<Order, 'amount' | 'coupon'>): number =>
  amount.total - (coupon?.amount ?? 0)

/** Returns the amount that the payee is to get (应结订单金额): that of the order without a coupon that nobody has prepaid. */
export const settlementTotal = (order: Pick<Order, 'amount' | 'coupon'>): number =>
  order.coupon?.funder === undefined ? payerTotal(order) : order.amount.total

/** Names an order by the merchant's number. */
export interface OrderNumber {
  readonly out_trade_no: string
  /** Required if several merchants use the number. */
  readonly sub_mchid?: string | undefined
}

/**
 * Returns the key of an order. `out_trade_no` is unique per merchant, so two sub-merchants may use the same one. It contains
 * no slash.
 */
export const orderKey = ({ sub_mchid, out_trade_no }: Pick<Order, 'sub_mchid' | 'out_trade_no'>): string =>
  sub_mchid === undefined ? out_trade_no : `${sub_mchid}/${out_trade_no}`

export interface OrderPaid {
  readonly type: 'order-paid'
  readonly order: Order
}

/** A paid order was reversed (撤销): its money is back with the shopper. The merchant is not notified of it. */
export interface OrderReversed {
  readonly type: 'order-reversed'
  readonly order: Order
}

/** The deduction of a parking fee has failed (停车扣费失败). */
export interface ParkingDeductionFailed {
  readonly type: 'parking-deduction-failed'
  readonly order: Order
}
