import { DAY, SECOND } from '../../../core/base/time.ts'
import { UTC8_OFFSET } from '../../clock/time.ts'
import type { BusinessAvailability, BusinessCoupon } from './business-coupon.ts'

/** Returns the times between which a coupon is valid that a shopper receives now. */
export function businessValidityOf(
  times: BusinessAvailability,
  receivedAt: number,
): { beginsAt: number; expiresAt: number } {
  const { wait_days_after_receive: wait, available_day_after_receive: days } = times
  const { available_second_after_receive: seconds } = times
  const beginsAt = Math.max(
    Date.parse(times.available_begin_time),
    wait ? midnightOf(receivedAt) + wait * DAY : receivedAt,
  )
  const ends = [
    Date.parse(times.available_end_time),
    ...(days ? [midnightOf(beginsAt) + days * DAY] : []),
    ...(seconds ? [beginsAt + seconds * SECOND] : []),
  ]
  return { beginsAt, expiresAt: Math.min(...ends) }
}

/** Returns whether a coupon can be used now. */
export function isBusinessCouponValid(
  { beginsAt, expiresAt }: Pick<BusinessCoupon, 'beginsAt' | 'expiresAt'>,
  { available_week, irregulary_avaliable_time: periods = [] }: BusinessAvailability,
  now: number,
): boolean {
  if (now < beginsAt || now >= expiresAt) return false
  if (periods.length > 0)
    return periods.some(
      ({ begin_time, end_time }) =>
        now >= (begin_time === undefined ? -Infinity : Date.parse(begin_time)) &&
        now <= (end_time === undefined ? Infinity : Date.parse(end_time)),
    )
  const local = now + UTC8_OFFSET
  const second = Math.floor((local % DAY) / SECOND)
  const { week_day = [], available_day_time: hours = [] } = available_week ?? {}
  const isDay = week_day.length === 0 || week_day.includes(new Date(local).getUTCDay())
  const isHour = ({ begin_time = 0, end_time = DAY / SECOND }) => second >= begin_time && second <= end_time
  return isDay && (hours.length === 0 || hours.some(isHour))
}

const midnightOf = (ms: number): number => ms - ((ms + UTC8_OFFSET) % DAY)
