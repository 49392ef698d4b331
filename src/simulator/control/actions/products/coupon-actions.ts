import { type Action, get, requireFound } from '../../action.ts'

export const couponActions: readonly Action[] = [
  get('/coupon-stocks', 'Lists the last 100 stocks of coupons (代金券批次), the newest first.', sim =>
    sim.couponStocks(),
  ),
  get('/coupon-stocks/{stock_id}', 'Shows a stock of coupons, with what has been sent and frozen.', (sim, _, id) =>
    requireFound(sim.couponStock(id), 'stock of coupons', id),
  ),
  get('/coupons', 'Lists the last 100 coupons (代金券), the newest first.', sim => sim.coupons()),
  get('/coupons/{coupon_id}', 'Shows a coupon.', (sim, _, id) => requireFound(sim.coupon(id), 'coupon', id)),
]
