import type { BusinessCoupon, BusinessStock, StoredCode } from '../../accounts/business-coupons/business-coupon.ts'
import { dateOf, rfc3339 } from '../../clock/time.ts'

const optionalTime = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : rfc3339(ms))

/** Amount that a coupon of the stock takes off; 0 for discounts and exchanges, whose amount depends on the order. */
function discountOf({ text }: BusinessStock): number {
  const { discount_amount = 0 } = (text.coupon_use_rule.fixed_normal_coupon ?? {}) as { discount_amount?: number }
  return discount_amount
}

/**
 * Creates the JSON of a stock (商家券批次).
 *
 * @param codes uploaded codes of the stock
 * @param now ms
 */
export function businessStockBody(stock: BusinessStock, codes: readonly StoredCode[], now: number): object {
  const { text, sent, today } = stock
  const isUploaded = text.coupon_code_mode === 'MERCHANT_UPLOAD'
  const todaySent = today.day === dateOf(now) ? today.sent : 0
  const { max_coupons, max_amount = max_coupons * discountOf(stock) } = text.stock_send_rule
  return {
    ...text,
    stock_send_rule: { ...text.stock_send_rule, max_amount },
    stock_id: stock.stock_id,
    stock_state: stock.state,
    ...(isUploaded && {
      coupon_code_count: {
        total_count: codes.length,
        available_count: codes.filter(({ dispatched }) => !dispatched).length,
      },
    }),
    send_count_information: {
      total_send_num: sent,
      total_send_amount: sent * discountOf(stock),
      today_send_num: todaySent,
      today_send_amount: todaySent * discountOf(stock),
    },
  }
}

/** Creates the JSON of a business coupon (商家券), as its query and the list have it. */
export function businessCouponBody(coupon: BusinessCoupon, { text }: BusinessStock): object {
  const { stock_send_rule, coupon_code_mode: _mode, notify_config: _config, subsidy: _subsidy, ...rest } = text
  return {
    ...rest,
    display_pattern_info: text.display_pattern_info ?? {},
    coupon_code: coupon.coupon_code,
    coupon_state: coupon.state,
    stock_id: coupon.stock_id,
    transferable: stock_send_rule.transferable ?? false,
    shareable: stock_send_rule.shareable ?? false,
    send_request_no: coupon.send_request_no,
    use_request_no: coupon.use?.request_no,
    available_start_time: rfc3339(coupon.beginsAt),
    expire_time: rfc3339(coupon.expiresAt),
    receive_time: rfc3339(coupon.receivedAt),
    use_time: optionalTime(coupon.use?.at),
    associate_out_trade_no: coupon.out_trade_no,
    return_request_no: coupon.returned?.request_no,
    return_time: optionalTime(coupon.returned?.at),
    deactivate_request_no: coupon.deactivated?.request_no,
    deactivate_time: optionalTime(coupon.deactivated?.at),
    deactivate_reason: coupon.deactivated?.reason,
  }
}

/** Creates the JSON of an uploaded code (预存code). */
export const storedCodeBody = ({ code, uploadedAt, dispatched }: StoredCode): object => ({
  code,
  code_status: dispatched ? 'DISPATCHED' : 'AVAILABLE',
  upload_time: rfc3339(uploadedAt),
  ...(dispatched && { dispatched_time: rfc3339(dispatched.at), openid: dispatched.openid, coupon_code: code }),
})

/** Creates the resource of the notification of a coupon that a shopper received (领券事件回调通知). */
export const businessCouponSentResource = (coupon: BusinessCoupon, send_channel: string): object => ({
  event_type: 'EVENT_TYPE_BUSICOUPON_SEND',
  coupon_code: coupon.coupon_code,
  stock_id: coupon.stock_id,
  send_time: rfc3339(coupon.receivedAt),
  openid: coupon.openid,
  send_channel,
  send_merchant: coupon.sender,
})
