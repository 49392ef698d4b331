import type { CouponStock, CouponStockStatus } from '../../accounts/coupons/coupon-stock.ts'
import { couponAmount } from '../../accounts/coupons/coupon-stocks.ts'
import { fingerprintOf } from '../../accounts/fingerprint.ts'
import { Rejection } from '../../accounts/rejection.ts'
import { compactTime } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import type { ResponseFields } from '../message.ts'
import { ResultRefusal } from '../refusal.ts'
import type { Route, RouteInput } from '../route.ts'

/** 批次状态: 1 未激活, 4 已激活, 8 已作废, 16 中止发放. */
const STATUSES: Readonly<Record<CouponStockStatus, number>> = { unactivated: 1, running: 4, stoped: 8, paused: 16 }

/** 代金券, the stocks and coupons of APIv3. */
export const couponRoutes: readonly Route[] = [
  {
    endpoint: 'POST /mmpaymkttransfers/send_coupon',
    rules: { openid_count: { minimum: 1 }, partner_trade_no: { maxLength: 64 } },
    handle: sendCoupon,
  },
  {
    endpoint: 'POST /mmpaymkttransfers/query_coupon_stock',
    handle({ coupon_stock_id, device_info }, context) {
      const stock = requireOwnStock(coupon_stock_id!, context)
      const [begin, end, created] = [stock.beginsAt, stock.endsAt, stock.createdAt]
      return {
        device_info,
        coupon_stock_id,
        coupon_name: stock.stock_name,
        coupon_value: couponAmount(stock),
        coupon_mininumn: stock.useRule.fixed_normal_coupon.transaction_minimum,
        coupon_stock_status: STATUSES[stock.status],
        coupon_total: stock.sendRule.max_coupons,
        max_quota: stock.sendRule.max_coupons_per_user,
        is_send_num: stock.sent,
        begin_time: seconds(begin),
        end_time: seconds(end),
        create_time: seconds(created),
        coupon_budget: stock.sendRule.max_amount,
        begin_time_t: compactTime(begin),
        end_time_t: compactTime(end),
        create_time_t: compactTime(created),
      }
    },
  },
  { endpoint: 'POST /mmpaymkttransfers/querycouponsinfo', handle: queryCoupon },
]

const seconds = (ms: number): string => String(Math.floor(ms / 1000))

function requireOwnStock(stock_id: string, { coupons, merchant }: SimulatorContext): CouponStock {
  const stock = coupons.stocks.require(stock_id)
  if (stock.mchid !== merchant.mchid) throw new Rejection('COUPON_STOCK_FOREIGN', stock_id)
  return stock
}

function sendCoupon(params: RouteInput, context: SimulatorContext): ResponseFields {
  const { coupon_stock_id, partner_trade_no, openid, openid_count, device_info } = params
  // Documented: one shopper per call.
  if (openid_count !== '1') throw new ResultRefusal('PARAM_ERROR', '参数错误，openid_count目前仅支持1')
  requireOwnStock(coupon_stock_id!, context)
  const { coupon_id } = context.coupons.send({
    stock_id: coupon_stock_id!,
    openid: openid!,
    sender: context.merchant.mchid,
    out_request_no: partner_trade_no!,
    fingerprint: fingerprintOf([coupon_stock_id, openid]),
  })
  return {
    device_info,
    coupon_stock_id,
    resp_count: 1,
    success_count: 1,
    failed_count: 0,
    openid,
    ret_code: 'SUCCESS',
    coupon_id,
    ret_msg: '',
  }
}

function queryCoupon(
  { coupon_id, openid, stock_id, device_info }: RouteInput,
  context: SimulatorContext,
): ResponseFields {
  const stock = requireOwnStock(stock_id!, context)
  const coupon = context.coupons.require(coupon_id!)
  if (coupon.openid !== openid || coupon.stock_id !== stock_id) throw new Rejection('COUPON_UNKNOWN', coupon_id)
  const value = couponAmount(stock)
  return {
    device_info,
    coupon_stock_id: stock_id,
    coupon_id,
    coupon_value: value,
    coupon_mininumn: stock.useRule.fixed_normal_coupon.transaction_minimum,
    coupon_name: stock.stock_name,
    coupon_state: coupon.status,
    coupon_desc: stock.description,
    coupon_use_value: coupon.use?.amount ?? 0,
    coupon_remain_value: coupon.status === 'SENDED' ? value : 0,
    send_source: 'NORMAL',
  }
}
