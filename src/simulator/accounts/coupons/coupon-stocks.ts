import { dateOf } from '../../clock/time.ts'
import type { AccountsContext } from '../context.ts'
import type { Funds } from '../funds.ts'
import { newDigits } from '../numbers.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  COUPON_STOCK_STATES,
  type CouponStock,
  type CouponStockChange,
  type CouponStockDraft,
  type CouponStockStatus,
} from './coupon-stock.ts'

/** Stocks of coupons. A stock with money (预充值) freezes its budget in the operation account until its coupons are used or expire. */
export interface CouponStocks {
  /**
   * Creates a stock; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection}
   */
  create(draft: CouponStockDraft): CouponStock
  find(stock_id: string): CouponStock | undefined
  /** @throws {Rejection} `COUPON_STOCK_UNKNOWN` */
  require(stock_id: string): CouponStock
  /**
   * Activates a stock (激活), which freezes its budget. Each of these four does nothing if it has been done.
   *
   * @throws {Rejection} `COUPON_STOCK_STATE`, `COUPON_STOCK_FUNDS`
   */
  start(stock_id: string): CouponStock
  pause(stock_id: string): CouponStock
  restart(stock_id: string): CouponStock
  /** Stops a stock (终止), which returns the money of the coupons that were not sent. */
  stop(stock_id: string): CouponStock
  /**
   * Counts a coupon as sent.
   *
   * @throws {Rejection} `COUPON_STOCK_INACTIVE`, `COUPON_BUDGET`
   */
  countSent(stock_id: string): CouponStock
  /** Releases the money of a coupon that has been used or has expired: what was not spent returns to the account. */
  releaseCoupon(stock_id: string, spent: number): void
  all(): Iterable<CouponStock>
}

export function createCouponStocks(context: AccountsContext, funds: Funds): CouponStocks {
  const { state, now, scheduler } = context
  const records = createRecords(state.map<CouponStock>('coupon-stocks'), {
    keyOf: ({ stock_id }) => stock_id,
    numbersOf: ({ mchid, out_request_no }) => [`${mchid}/${out_request_no}`],
  })
  const require = (stock_id: string): CouponStock => {
    const stock = records.find(stock_id)
    if (!stock) throw new Rejection('COUPON_STOCK_UNKNOWN', stock_id)
    return stock
  }
  /** Returns frozen money to the account. */
  const unfreeze = (stock: CouponStock, amount: number): CouponStock => {
    if (amount === 0) return stock
    funds.move(stock.mchid, 'OPERATION', 'frozen', -amount)
    funds.move(stock.mchid, 'OPERATION', 'available', amount)
    return { ...stock, frozen: stock.frozen - amount }
  }
  const end = (stock: CouponStock, status: CouponStockStatus): CouponStock =>
    records.save({ ...unfreeze(stock, unsentMoney(stock)), status, stoppedAt: now() })
  scheduler.on<{ stock_id: string }>('coupon-stock-end', ({ stock_id }) => {
    const stock = require(stock_id)
    const status = stateAfter(COUPON_STOCK_STATES, stock.status, 'end')
    if (status) end(stock, status)
  })
  return {
    create(draft) {
      const earlier = records.findByNumber(`${draft.mchid}/${draft.out_request_no}`)
      if (earlier) {
        if (earlier.fingerprint !== draft.fingerprint)
          throw new Rejection('COUPON_STOCK_NUMBER_USED', draft.out_request_no)
        return earlier
      }
      requireSoundRules(draft, now())
      const stock_id = newDigits(8, context, id => records.find(id) !== undefined)
      scheduler.schedule(draft.endsAt, 'coupon-stock-end', { stock_id })
      const today = { day: dateOf(now()), sent: 0 }
      return records.save({ ...draft, stock_id, status: 'unactivated', createdAt: now(), sent: 0, today, frozen: 0 })
    },
    find: records.find,
    require,
    start(stock_id) {
      const stock = require(stock_id)
      if (stock.status === 'running') return stock
      const status = requireAfter(stock, 'start')
      const frozen = stock.no_cash ? 0 : stock.sendRule.max_amount
      funds.requireFunds(stock.mchid, 'OPERATION', 'available', frozen, 'COUPON_STOCK_FUNDS')
      funds.move(stock.mchid, 'OPERATION', 'available', -frozen)
      funds.move(stock.mchid, 'OPERATION', 'frozen', frozen)
      return records.save({ ...stock, status, startedAt: now(), frozen })
    },
    pause(stock_id) {
      const stock = require(stock_id)
      if (stock.status === 'paused') return stock
      return records.save({ ...stock, status: requireAfter(stock, 'pause'), pausedAt: now() })
    },
    restart(stock_id) {
      const stock = require(stock_id)
      if (stock.status === 'running' && stock.restartedAt !== undefined) return stock
      return records.save({ ...stock, status: requireAfter(stock, 'restart'), restartedAt: now() })
    },
    stop(stock_id) {
      const stock = require(stock_id)
      return stock.status === 'stoped' ? stock : end(stock, requireAfter(stock, 'stop'))
    },
    countSent(stock_id) {
      const stock = require(stock_id)
      const { status, beginsAt, endsAt, sent, sendRule } = stock
      if (status !== 'running' || now() < beginsAt || now() >= endsAt)
        throw new Rejection('COUPON_STOCK_INACTIVE', stock_id)
      const day = dateOf(now())
      const today = { day, sent: (stock.today.day === day ? stock.today.sent : 0) + 1 }
      const { max_amount_by_day: ofDay } = sendRule
      const isDayOver = ofDay !== undefined && ofDay > 0 && today.sent * couponAmount(stock) > ofDay
      if (sent >= sendRule.max_coupons || isDayOver) throw new Rejection('COUPON_BUDGET', stock_id)
      return records.save({ ...stock, sent: sent + 1, today })
    },
    releaseCoupon(stock_id, spent) {
      const stock = require(stock_id)
      if (stock.no_cash) return
      const rest = unfreeze(stock, couponAmount(stock) - spent)
      records.save({ ...rest, frozen: rest.frozen - spent })
    },
    all: records.all,
  }
}

export const couponAmount = ({ useRule }: Pick<CouponStock, 'useRule'>): number =>
  useRule.fixed_normal_coupon.coupon_amount

/** Returns the frozen money of the coupons that have not been sent. */
const unsentMoney = (stock: CouponStock): number =>
  stock.frozen === 0 ? 0 : (stock.sendRule.max_coupons - stock.sent) * couponAmount(stock)

function requireAfter({ stock_id, status }: CouponStock, event: CouponStockChange): CouponStockStatus {
  const next = stateAfter(COUPON_STOCK_STATES, status, event)
  if (!next) throw new Rejection('COUPON_STOCK_STATE', `${stock_id} is ${status}`)
  return next
}

/** @throws {Rejection} WeChat Pay creates no stock with these rules */
function requireSoundRules(draft: CouponStockDraft, now: number): void {
  const { coupon_amount } = draft.useRule.fixed_normal_coupon ?? { coupon_amount: 0 }
  const { max_coupons, max_amount } = draft.sendRule
  if (!(coupon_amount >= 1)) throw new Rejection('COUPON_STOCK_RULES')
  if (max_amount !== max_coupons * coupon_amount)
    throw new Rejection('COUPON_STOCK_BUDGET', `${max_amount} is not ${max_coupons} times ${coupon_amount}`)
  if (!(draft.endsAt > draft.beginsAt && draft.endsAt > now)) throw new Rejection('COUPON_STOCK_OVER')
}
