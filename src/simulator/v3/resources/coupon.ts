import type { Coupon, CouponStock } from '../../accounts/coupons/coupon-stock.ts'
import { rfc3339 } from '../../clock/time.ts'

const optionalTime = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : rfc3339(ms))

/** Creates the JSON of a stock (代金券批次), as its query and the list have it. */
export const couponStockBody = (stock: CouponStock): object => ({
  stock_id: stock.stock_id,
  stock_creator_mchid: stock.mchid,
  stock_name: stock.stock_name,
  status: stock.status,
  create_time: rfc3339(stock.createdAt),
  description: stock.description,
  stock_use_rule: {
    ...stock.sendRule,
    fixed_normal_coupon: stock.useRule.fixed_normal_coupon,
    coupon_type: 'NORMAL',
    goods_tag: stock.useRule.goods_tag,
    trade_type: stock.useRule.trade_type,
    combine_use: stock.useRule.combine_use ?? false,
  },
  available_begin_time: rfc3339(stock.beginsAt),
  available_end_time: rfc3339(stock.endsAt),
  distributed_coupons: stock.sent,
  no_cash: stock.no_cash,
  start_time: optionalTime(stock.startedAt),
  stop_time: optionalTime(stock.stoppedAt),
  singleitem: isForItems(stock),
  stock_type: 'NORMAL',
})

const isForItems = ({ useRule }: CouponStock): boolean => (useRule.available_items?.length ?? 0) > 0

/** Fields of a coupon in queries and notifications. */
const commonFields = (coupon: Coupon, stock: CouponStock) => ({
  stock_creator_mchid: stock.mchid,
  stock_id: stock.stock_id,
  coupon_id: coupon.coupon_id,
  coupon_name: stock.stock_name,
  status: coupon.status,
  description: stock.description,
  create_time: rfc3339(coupon.receivedAt),
  coupon_type: 'NORMAL',
  no_cash: stock.no_cash,
  available_begin_time: rfc3339(coupon.beginsAt),
  available_end_time: rfc3339(coupon.endsAt),
  singleitem: isForItems(stock),
  normal_coupon_information: stock.useRule.fixed_normal_coupon,
})

/** Creates the JSON of a coupon (代金券), as its query and the list have it. */
export const couponBody = (coupon: Coupon, stock: CouponStock): object => ({
  ...commonFields(coupon, stock),
  ...(coupon.use && {
    consume_information: {
      consume_time: rfc3339(coupon.use.at),
      consume_mchid: coupon.use.mchid,
      transaction_id: coupon.use.transaction_id,
    },
  }),
})

/** Creates the resource of the notification of a used coupon (核销事件回调通知). */
export const couponUseResource = (coupon: Coupon, stock: CouponStock): object => ({
  ...commonFields(coupon, stock),
  consume_information: {
    consume_time: rfc3339(coupon.use!.at),
    consume_mchid: coupon.use!.mchid,
    transaction_id: coupon.use!.transaction_id,
    consume_amount: coupon.use!.amount,
  },
})
