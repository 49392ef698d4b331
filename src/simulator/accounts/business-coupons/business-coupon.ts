import type { StateMachine } from '../state-machine.ts'

/** Source of the codes of a stock (券code模式): WeChat Pay, the merchant with each coupon, or an upload. */
export type CodeMode = 'WECHATPAY_MODE' | 'MERCHANT_API' | 'MERCHANT_UPLOAD'

/** State of a stock (批次状态), in WeChat Pay's spelling. */
export type BusinessStockState = 'RUNNING' | 'PAUSED' | 'STOPED'

/** States of a stock of business coupons: the merchant pauses and continues it, until its time is over. */
export const BUSINESS_STOCK_STATES: StateMachine<BusinessStockState, 'pause' | 'continue' | 'end'> = {
  initial: ['RUNNING'],
  transitions: [
    { from: 'RUNNING', event: 'pause', to: 'PAUSED' },
    { from: 'RUNNING', event: 'end', to: 'STOPED' },
    { from: 'PAUSED', event: 'continue', to: 'RUNNING' },
    { from: 'PAUSED', event: 'end', to: 'STOPED' },
  ],
}

/** State of a coupon (券状态). */
export type BusinessCouponState = 'SENDED' | 'USED' | 'EXPIRED' | 'DEACTIVATED'

/** Events of a coupon: the merchant uses it (核销), takes the use back (退券) or deactivates it (失效), or its time is over. */
export type BusinessCouponChange = 'use' | 'return' | 'deactivate' | 'expire'

/** States of a business coupon (商家券). */
export const BUSINESS_COUPON_STATES: StateMachine<BusinessCouponState, BusinessCouponChange> = {
  initial: ['SENDED'],
  transitions: [
    { from: 'SENDED', event: 'use', to: 'USED' },
    { from: 'SENDED', event: 'deactivate', to: 'DEACTIVATED' },
    { from: 'SENDED', event: 'expire', to: 'EXPIRED' },
    { from: 'USED', event: 'return', to: 'SENDED' },
  ],
}

/** Hours of a day, in seconds after midnight in UTC+8. */
export interface DayTime {
  readonly begin_time?: number | undefined
  readonly end_time?: number | undefined
}

/** Times at which a coupon can be used (券可核销时间), with WeChat Pay's names, also the misspelled one. */
export interface BusinessAvailability {
  /** RFC 3339 */
  readonly available_begin_time: string
  /** RFC 3339 */
  readonly available_end_time: string
  /** Days for which it is valid once it is; 1 is the day itself. */
  readonly available_day_after_receive?: number | undefined
  readonly available_second_after_receive?: number | undefined
  /** Days after which a received coupon becomes valid, at midnight. */
  readonly wait_days_after_receive?: number | undefined
  readonly available_week?:
    | {
        /** 0 is Sunday. */
        readonly week_day?: readonly number[] | undefined
        readonly available_day_time?: readonly DayTime[] | undefined
      }
    | undefined
  readonly irregulary_avaliable_time?:
    | readonly { readonly begin_time?: string; readonly end_time?: string }[]
    | undefined
}

export interface BusinessUseRule {
  readonly coupon_available_time: BusinessAvailability
  readonly fixed_normal_coupon?: object | undefined
  readonly discount_coupon?: object | undefined
  readonly exchange_coupon?: object | undefined
  readonly [name: string]: unknown
}

/** Rules of handing out coupons (发放规则), with WeChat Pay's names. */
export interface BusinessSendRule {
  readonly max_coupons: number
  readonly max_coupons_per_user: number
  readonly max_coupons_by_day?: number | undefined
  readonly [name: string]: unknown
}

/** The parts of a stock that a merchant writes, and reads as they were written. */
export interface BusinessStockText {
  readonly stock_name: string
  readonly belong_merchant: string
  readonly comment?: string | undefined
  readonly goods_name: string
  readonly stock_type: 'NORMAL' | 'DISCOUNT' | 'EXCHANGE'
  readonly coupon_use_rule: BusinessUseRule
  readonly stock_send_rule: BusinessSendRule
  readonly coupon_code_mode: CodeMode
  readonly custom_entrance?: object | undefined
  readonly display_pattern_info?: object | undefined
  readonly notify_config?: object | undefined
  readonly subsidy?: boolean | undefined
}

/** A stock of business coupons (商家券批次). */
export interface BusinessStock {
  readonly stock_id: string
  /** Merchant that created it. */
  readonly mchid: string
  readonly out_request_no: string
  readonly text: BusinessStockText
  readonly state: BusinessStockState
  /** ms */
  readonly createdAt: number
  readonly sent: number
  /** Number of coupons that were sent on a day. */
  readonly today: { readonly day: string; readonly sent: number }
  readonly fingerprint: string
}

/** A code that the merchant has uploaded (预存code). */
export interface StoredCode {
  readonly stock_id: string
  readonly code: string
  /** ms */
  readonly uploadedAt: number
  /** Set once a shopper has got it. */
  readonly dispatched?: { readonly at: number; readonly openid: string }
}

/** A change of a coupon that a request of the merchant made. */
export interface CouponRequest {
  readonly request_no: string
  /** ms */
  readonly at: number
}

/** A shopper's business coupon (商家券). */
export interface BusinessCoupon {
  readonly stock_id: string
  readonly coupon_code: string
  readonly openid: string
  readonly sender: string
  readonly send_request_no: string
  readonly state: BusinessCouponState
  /** ms */
  readonly receivedAt: number
  /** ms */
  readonly beginsAt: number
  /** ms */
  readonly expiresAt: number
  readonly use?: CouponRequest | undefined
  readonly returned?: CouponRequest
  /** Uses that were taken back (退券), the oldest first, so that a late repetition of a request has its first result. */
  readonly takenBack?: readonly { readonly use: CouponRequest; readonly returned: CouponRequest }[]
  readonly deactivated?: CouponRequest & { readonly reason: string | undefined }
  /** 关联的商户订单号. */
  readonly out_trade_no?: string | undefined
  readonly fingerprint: string
}

export interface BusinessCouponSent {
  readonly type: 'business-coupon-sent'
  readonly coupon: BusinessCoupon
  readonly channel: string
  readonly notify_url: string | undefined
}
