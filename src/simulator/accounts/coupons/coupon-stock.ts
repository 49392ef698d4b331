import type { StateMachine } from '../state-machine.ts'

/** State of a stock (批次状态), in WeChat Pay's spelling. */
export type CouponStockStatus = 'unactivated' | 'running' | 'paused' | 'stoped'

/** Events of a stock: the merchant activates, pauses, restarts or stops it, or its time is over. */
export type CouponStockChange = 'start' | 'pause' | 'restart' | 'stop' | 'end'

/**
 * States of a stock of coupons (代金券批次).
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012460564
 */
export const COUPON_STOCK_STATES: StateMachine<CouponStockStatus, CouponStockChange> = {
  initial: ['unactivated'],
  transitions: [
    { from: 'unactivated', event: 'start', to: 'running' },
    { from: 'running', event: 'pause', to: 'paused' },
    { from: 'paused', event: 'restart', to: 'running' },
    { from: 'unactivated', event: 'stop', to: 'stoped' },
    { from: 'running', event: 'stop', to: 'stoped' },
    { from: 'paused', event: 'stop', to: 'stoped' },
    { from: 'unactivated', event: 'end', to: 'stoped' },
    { from: 'running', event: 'end', to: 'stoped' },
    { from: 'paused', event: 'end', to: 'stoped' },
  ],
}

/** State of a coupon (券状态). */
export type CouponStatus = 'SENDED' | 'USED' | 'EXPIRED'

/**
 * States of a coupon (代金券): the shopper pays with it, or its time is over.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012486942
 */
export const COUPON_STATES: StateMachine<CouponStatus, 'use' | 'expire'> = {
  initial: ['SENDED'],
  transitions: [
    { from: 'SENDED', event: 'use', to: 'USED' },
    { from: 'SENDED', event: 'expire', to: 'EXPIRED' },
  ],
}

/** Times at which a coupon can be used (券可核销时间), beyond those of its stock. */
export interface CouponAvailability {
  /** RFC 3339 */
  readonly available_begin_time?: string | undefined
  /** RFC 3339 */
  readonly available_end_time?: string | undefined
  readonly fix_available_time?:
    | {
        /** 0 is Sunday. */
        readonly available_week_day?: readonly number[] | undefined
        /** Seconds after midnight in UTC+8. */
        readonly begin_time: number
        readonly end_time?: number | undefined
      }
    | undefined
  /** The coupon is valid from the midnight (UTC+8) after it was received. */
  readonly second_day_available?: boolean | undefined
  /** Minutes after which a received coupon expires. */
  readonly available_time_after_receive?: number | undefined
}

/** Rules of the use of a coupon (核销规则), with WeChat Pay's names. */
export interface CouponUseRule {
  readonly coupon_available_time?: CouponAvailability | undefined
  readonly fixed_normal_coupon: { readonly coupon_amount: number; readonly transaction_minimum: number }
  readonly goods_tag?: readonly string[] | undefined
  readonly trade_type?: readonly string[] | undefined
  readonly combine_use?: boolean | undefined
  readonly available_items?: readonly string[] | undefined
  readonly available_merchants?: readonly string[] | undefined
}

/** Rules of handing out coupons (发放规则), with WeChat Pay's names. Amounts are in fen. */
export interface CouponSendRule {
  readonly max_coupons: number
  readonly max_amount: number
  readonly max_amount_by_day?: number | undefined
  readonly max_coupons_per_user: number
  readonly natural_person_limit: boolean
  readonly prevent_api_abuse: boolean
}

/** A stock of coupons (代金券批次) as the merchant requests it. */
export interface CouponStockDraft {
  /** 创建批次的商户号. */
  readonly mchid: string
  readonly appid: string
  readonly out_request_no: string
  readonly stock_name: string
  readonly description: string
  /** ms */
  readonly beginsAt: number
  /** ms */
  readonly endsAt: number
  /** 无资金流: the payee gets less. Otherwise the stock's merchant prepays it (预充值). */
  readonly no_cash: boolean
  readonly sendRule: CouponSendRule
  readonly useRule: CouponUseRule
  readonly fingerprint: string
}

export interface CouponStock extends CouponStockDraft {
  readonly stock_id: string
  readonly status: CouponStockStatus
  /** ms */
  readonly createdAt: number
  /** ms */
  readonly startedAt?: number
  /** ms */
  readonly pausedAt?: number
  /** ms */
  readonly restartedAt?: number
  /** ms */
  readonly stoppedAt?: number
  /** Number of coupons that were sent. */
  readonly sent: number
  /** Number of coupons that were sent on a day. */
  readonly today: { readonly day: string; readonly sent: number }
  /** Money of the operation account that is frozen for its coupons (预充值), in fen. */
  readonly frozen: number
}

/** A coupon of a shopper (代金券). */
export interface Coupon {
  readonly coupon_id: string
  readonly stock_id: string
  readonly openid: string
  /** Merchant that sent it. */
  readonly sender: string
  readonly out_request_no: string
  readonly status: CouponStatus
  /** ms */
  readonly receivedAt: number
  /** ms */
  readonly beginsAt: number
  /** ms */
  readonly endsAt: number
  /** Set once used. */
  readonly use?: {
    readonly at: number
    readonly mchid: string
    readonly transaction_id: string
    /** Amount by which the shopper paid less, fen. */
    readonly amount: number
  }
  readonly fingerprint: string
}

export interface CouponUsed {
  readonly type: 'coupon-used'
  readonly coupon: Coupon
  readonly stock: CouponStock
  readonly notify_url: string | undefined
}
