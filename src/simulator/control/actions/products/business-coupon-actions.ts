import { type Action, get, optional, post, requireFound, TEXT } from '../../action.ts'
import type { BusinessCouponGift } from '../../products/business-coupons.ts'

export const businessCouponActions: readonly Action[] = [
  get('/business-stocks', 'Lists the last 100 stocks of business coupons (商家券批次), the newest first.', sim =>
    sim.businessStocks(),
  ),
  get('/business-stocks/{stock_id}', 'Shows a stock of business coupons.', (sim, _, id) =>
    requireFound(sim.businessStock(id), 'stock of business coupons', id),
  ),
  get('/business-coupons', 'Lists the last 100 business coupons (商家券), the newest first.', sim =>
    sim.businessCoupons(),
  ),
  get('/business-coupons/{coupon_code}', 'Shows a business coupon.', (sim, _, coupon_code) =>
    requireFound(sim.businessCoupon({ coupon_code }), 'business coupon', coupon_code),
  ),
  post(
    '/give-business-coupon',
    { stock_id: TEXT, openid: TEXT, out_request_no: optional(TEXT), coupon_code: optional(TEXT) },
    'Receives a business coupon as the shopper, as if in a mini program.',
    (sim, input) => sim.giveBusinessCoupon(input as BusinessCouponGift),
  ),
  post(
    '/pause-business-stock',
    { stock_id: TEXT, paused: optional({ kind: 'boolean' }) },
    'Pauses a stock of business coupons, as the merchant platform does; continues it with "paused": false.',
    (sim, { stock_id, paused }) => sim.pauseBusinessStock(stock_id, paused),
  ),
]
