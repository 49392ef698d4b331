import { DAY, MINUTE, SECOND } from '../../../core/base/time.ts'
import { UTC8_OFFSET } from '../../clock/time.ts'
import { type Order, payeeOf } from '../orders/order.ts'
import type { Coupon, CouponStock } from './coupon-stock.ts'

/** Returns the time from which, and until which, a coupon can be used that a shopper receives now. */
export function validityOf(stock: CouponStock, receivedAt: number): { beginsAt: number; endsAt: number } {
  const {
    available_begin_time,
    available_end_time,
    second_day_available,
    available_time_after_receive: minutes,
  } = stock.useRule.coupon_available_time ?? {}
  const begin = available_begin_time === undefined ? stock.beginsAt : Date.parse(available_begin_time)
  const end = available_end_time === undefined ? stock.endsAt : Date.parse(available_end_time)
  const from = second_day_available ? nextMidnight(receivedAt) : receivedAt
  const until = minutes === undefined ? end : from + minutes * MINUTE
  return { beginsAt: Math.max(begin, from), endsAt: Math.min(end, until, stock.endsAt) }
}

/** Returns why an order cannot be paid with a coupon, or undefined if it can. */
export function obstacleOf(coupon: Coupon, { useRule }: CouponStock, order: Order, now: number): string | undefined {
  const { fixed_normal_coupon, available_merchants = [], goods_tag = [], coupon_available_time } = useRule
  const payee = payeeOf(order)
  if (order.amount.currency !== 'CNY' || order.overseas) return 'the order is not in yuan'
  if (now < coupon.beginsAt) return 'it is not valid yet'
  if (!isWithinWeek(coupon_available_time?.fix_available_time, now)) return 'it is not valid at this time of the week'
  if (order.amount.total < fixed_normal_coupon.transaction_minimum)
    return `the order is below ${fixed_normal_coupon.transaction_minimum} fen`
  // An order of a service provider uses coupons that are for either of the two.
  if (!available_merchants.includes(payee) && !available_merchants.includes(order.mchid))
    return `it is not for the merchant ${payee}`
  if (goods_tag.length > 0 && !goods_tag.includes(order.goods_tag ?? ''))
    return `the order has none of the goods tags ${goods_tag.join(', ')}`
  if (order.payer.openid !== undefined && order.payer.openid !== coupon.openid) return 'it belongs to another shopper'
  return undefined
}

type WeeklyTime = NonNullable<CouponStock['useRule']['coupon_available_time']>['fix_available_time']

function isWithinWeek(time: WeeklyTime, now: number): boolean {
  if (!time) return true
  const local = now + UTC8_OFFSET
  const second = Math.floor((local % DAY) / SECOND)
  const days = time.available_week_day ?? []
  const isDay = days.length === 0 || days.includes(new Date(local).getUTCDay())
  return isDay && second >= time.begin_time && second <= (time.end_time ?? DAY / SECOND)
}

const nextMidnight = (ms: number): number => ms - ((ms + UTC8_OFFSET) % DAY) + DAY
