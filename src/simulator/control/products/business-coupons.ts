import type { Accounts } from '../../accounts/accounts.ts'
import type { BusinessCoupon, BusinessStock } from '../../accounts/business-coupons/business-coupon.ts'
import type { BusinessCouponName } from '../../accounts/business-coupons/business-coupons.ts'
import { fingerprintOf } from '../../accounts/fingerprint.ts'
import { newest } from '../newest.ts'

/** A business coupon that a shopper receives in a mini program or on a page. */
export interface BusinessCouponGift {
  readonly stock_id: string
  readonly openid: string
  /** 发券凭证. Default: a new one. */
  readonly out_request_no?: string | undefined
  /** Required if the merchant supplies the codes of the stock (`MERCHANT_API`). */
  readonly coupon_code?: string | undefined
}

/** Receives the coupons of 商家券 as a shopper, and shows them. */
export interface BusinessCouponControl {
  /**
   * Receives a coupon as the shopper, as if in a mini program; the merchant is notified.
   *
   * @throws {Rejection} there is no such stock, or a limit of it is reached
   * @example
   * ```ts
   * const { coupon_code } = simulator.giveBusinessCoupon({ stock_id, openid })
   * ```
   */
  giveBusinessCoupon(gift: BusinessCouponGift): BusinessCoupon
  businessCoupon(name: BusinessCouponName): BusinessCoupon | undefined
  /**
   * Returns the business coupons that were sent last, the newest first.
   *
   * @param max default 100
   */
  businessCoupons(max?: number): BusinessCoupon[]
  businessStock(stock_id: string): BusinessStock | undefined
  /** Returns the stocks that were created last, like {@link BusinessCouponControl.businessCoupons}. */
  businessStocks(max?: number): BusinessStock[]
  /**
   * Pauses a stock as the merchant platform does, or continues it.
   *
   * @param isPaused default true
   * @throws {Rejection} there is no such stock, or it has ended
   */
  pauseBusinessStock(stock_id: string, isPaused?: boolean): BusinessStock
}

export const createBusinessCouponControl = (
  { businessCoupons }: Pick<Accounts, 'businessCoupons'>,
  mchid: string,
): BusinessCouponControl => ({
  giveBusinessCoupon({ stock_id, openid, out_request_no, coupon_code }) {
    const { sent } = businessCoupons.stocks.require(stock_id)
    return businessCoupons.send({
      stock_id,
      openid,
      sender: mchid,
      send_request_no: out_request_no ?? `${stock_id}-${openid}-${sent}`,
      coupon_code,
      channel: 'BUSICOUPON_SEND_CHANNEL_MINIAPP',
      fingerprint: fingerprintOf({ stock_id, openid, given: coupon_code }),
    })
  },
  businessCoupon: name => businessCoupons.find(name),
  businessCoupons: max => newest(businessCoupons.all(), max),
  businessStock: stock_id => businessCoupons.stocks.find(stock_id),
  businessStocks: max => newest(businessCoupons.stocks.all(), max),
  pauseBusinessStock: (stock_id, isPaused = true) => businessCoupons.stocks.pause(stock_id, isPaused),
})
