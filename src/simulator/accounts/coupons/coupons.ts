import type { AccountsContext } from '../context.ts'
import type { Funds } from '../funds.ts'
import { newDigits } from '../numbers.ts'
import { type Order, orderKey, payeeOf } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { requireStateAfter, stateAfter } from '../state-machine.ts'
import { obstacleOf, validityOf } from './coupon-availability.ts'
import { COUPON_STATES, type Coupon, type CouponStock, type CouponUsed } from './coupon-stock.ts'
import { type CouponStocks, couponAmount, createCouponStocks } from './coupon-stocks.ts'

/** Names what a merchant sends a coupon for. */
export interface CouponDraft {
  readonly stock_id: string
  readonly openid: string
  readonly sender: string
  readonly out_request_no: string
  readonly fingerprint: string
}

/** Coupons of 代金券: sent from a stock, used when the shopper pays an order, or expired. */
export interface Coupons {
  readonly stocks: CouponStocks
  /**
   * Sends a shopper a coupon; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection}
   */
  send(draft: CouponDraft): Coupon
  find(coupon_id: string): Coupon | undefined
  /** @throws {Rejection} `COUPON_UNKNOWN` */
  require(coupon_id: string): Coupon
  /**
   * Pays an order as the shopper, with a coupon.
   *
   * @throws {Rejection} the order cannot be paid, or not with this coupon
   */
  payOrder(order: Order, coupon_id: string): Order
  /** Returns the URL to notify of used coupons. */
  notifyUrl(): string | undefined
  /** @param url absent: the merchant wants no notifications */
  setNotifyUrl(url: string, isOn: boolean): void
  /** Returns the URL that was set, also when notifications are off. */
  callback(): CouponCallback | undefined
  all(): Iterable<Coupon>
}

/** Where the merchant wants to be notified. */
export interface CouponCallback {
  readonly url: string
  readonly isOn: boolean
}

export function createCoupons(context: AccountsContext<CouponUsed>, orders: Orders, funds: Funds): Coupons {
  const { state, scheduler, now, emit } = context
  const stocks = createCouponStocks(context, funds)
  const records = createRecords(state.map<Coupon>('coupons'), {
    keyOf: ({ coupon_id }) => coupon_id,
    numbersOf: ({ sender, out_request_no }) => [`${sender}/${out_request_no}`],
  })
  const callbacks = state.map<CouponCallback>('coupon-callback')
  const callback = () => callbacks.get('url')
  const notifyUrl = () => (callback()?.isOn ? callback()!.url : undefined)
  const require = (coupon_id: string): Coupon => {
    const coupon = records.find(coupon_id)
    if (!coupon) throw new Rejection('COUPON_UNKNOWN', coupon_id)
    return coupon
  }
  const received = new Map<string, number>()
  const countReceived = ({ stock_id, openid }: Coupon): void => {
    const owner = `${stock_id}/${openid}`
    received.set(owner, (received.get(owner) ?? 0) + 1)
  }
  for (const coupon of records.all()) countReceived(coupon)
  scheduler.on<{ coupon_id: string }>('coupon-expiry', ({ coupon_id }) => {
    const coupon = require(coupon_id)
    const status = stateAfter(COUPON_STATES, coupon.status, 'expire')
    if (!status) return
    records.save({ ...coupon, status })
    stocks.releaseCoupon(coupon.stock_id, 0)
  })
  return {
    stocks,
    send(draft) {
      const earlier = records.findByNumber(`${draft.sender}/${draft.out_request_no}`)
      if (earlier) {
        if (earlier.fingerprint !== draft.fingerprint) throw new Rejection('COUPON_NUMBER_USED', draft.out_request_no)
        return earlier
      }
      const { sendRule } = stocks.require(draft.stock_id)
      const isServed = (received.get(`${draft.stock_id}/${draft.openid}`) ?? 0) >= sendRule.max_coupons_per_user
      if (isServed) throw new Rejection('COUPON_USER_LIMIT', draft.openid)
      const stock = stocks.countSent(draft.stock_id)
      const coupon_id = newDigits(11, context, records.isTaken)
      const validity = validityOf(stock, now())
      scheduler.schedule(validity.endsAt, 'coupon-expiry', { coupon_id })
      const coupon: Coupon = { ...draft, coupon_id, status: 'SENDED', receivedAt: now(), ...validity }
      countReceived(coupon)
      return records.save(coupon)
    },
    find: records.find,
    require,
    payOrder(order, coupon_id) {
      const coupon = require(coupon_id)
      const stock = stocks.require(coupon.stock_id)
      requireUsable(coupon, stock, order, now())
      // WeChat Pay leaves at least 1 fen to pay.
      const amount = Math.min(couponAmount(stock), order.amount.total - 1)
      const paid = orders.pay(orderKey(order), undefined, {
        coupon_id,
        stock_id: stock.stock_id,
        name: stock.stock_name,
        amount,
        funder: stock.no_cash ? undefined : stock.mchid,
        openid: coupon.openid,
      })
      stocks.releaseCoupon(stock.stock_id, amount)
      const use = { at: now(), mchid: payeeOf(paid), transaction_id: paid.transaction_id!, amount }
      const used = records.save({ ...coupon, status: requireStateAfter(COUPON_STATES, coupon.status, 'use'), use })
      emit({ type: 'coupon-used', coupon: used, stock, notify_url: notifyUrl() })
      return paid
    },
    notifyUrl,
    callback,
    setNotifyUrl(url, isOn) {
      callbacks.set('url', { url, isOn })
    },
    all: records.all,
  }
}

/** @throws {Rejection} the order cannot be paid with the coupon */
function requireUsable(coupon: Coupon, stock: CouponStock, order: Order, now: number): void {
  if (!stateAfter(COUPON_STATES, coupon.status, 'use'))
    throw new Rejection('COUPON_STATE', `${coupon.coupon_id} is ${coupon.status}`)
  const obstacle = obstacleOf(coupon, stock, order, now)
  if (obstacle !== undefined) throw new Rejection('COUPON_NOT_USABLE', `${coupon.coupon_id}: ${obstacle}`)
}
