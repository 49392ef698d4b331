import type { Accounts } from '../../accounts/accounts.ts'
import type { Coupon, CouponStock } from '../../accounts/coupons/coupon-stock.ts'
import { newest } from '../newest.ts'

/** Shows the coupons of 代金券; `pay({ out_trade_no }, coupon_id)` uses one. */
export interface CouponControl {
  /**
   * Returns the stocks of coupons that were created last, the newest first.
   *
   * @param max default 100
   */
  couponStocks(max?: number): CouponStock[]
  couponStock(stock_id: string): CouponStock | undefined
  /** Returns the coupons that were sent last, like {@link CouponControl.couponStocks}. */
  coupons(max?: number): Coupon[]
  coupon(coupon_id: string): Coupon | undefined
}

export const createCouponControl = ({ coupons }: Pick<Accounts, 'coupons'>): CouponControl => ({
  couponStocks: max => newest(coupons.stocks.all(), max),
  couponStock: stock_id => coupons.stocks.find(stock_id),
  coupons: max => newest(coupons.all(), max),
  coupon: coupon_id => coupons.find(coupon_id),
})
