import { dateOf } from '../../clock/time.ts'
import type { AccountsContext } from '../context.ts'
import { newDigits } from '../numbers.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  BUSINESS_STOCK_STATES,
  type BusinessSendRule,
  type BusinessStock,
  type BusinessStockText,
} from './business-coupon.ts'

export type BusinessStockDraft = Pick<BusinessStock, 'mchid' | 'out_request_no' | 'text' | 'fingerprint'>

/** Which limit a call changes, its new value, and the value that it expects. */
export interface BudgetChange {
  readonly limit: 'max_coupons' | 'max_coupons_by_day'
  readonly target: number
  readonly current: number | undefined
}

/** Stocks of business coupons (商家券批次). */
export interface BusinessStocks {
  /**
   * Creates a stock; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection}
   */
  create(draft: BusinessStockDraft): BusinessStock
  find(stock_id: string): BusinessStock | undefined
  /** @throws {Rejection} `BUSINESS_STOCK_UNKNOWN` */
  require(stock_id: string): BusinessStock
  modify(stock_id: string, text: Partial<BusinessStockText>): BusinessStock
  /** @throws {Rejection} `BUSINESS_BUDGET_CHANGED` */
  changeBudget(stock_id: string, change: BudgetChange): BusinessStock
  /** Pauses a stock, or continues it, as the merchant platform does. */
  pause(stock_id: string, isPaused: boolean): BusinessStock
  /**
   * Counts a coupon as sent.
   *
   * @throws {Rejection} `BUSINESS_STOCK_INACTIVE`, `BUSINESS_STOCK_BUDGET`
   */
  countSent(stock_id: string): BusinessStock
  all(): Iterable<BusinessStock>
}

export function createBusinessStocks(context: AccountsContext): BusinessStocks {
  const { state, now, scheduler } = context
  const records = createRecords(state.map<BusinessStock>('business-coupon-stocks'), {
    keyOf: ({ stock_id }) => stock_id,
    numbersOf: ({ mchid, out_request_no }) => [`${mchid}/${out_request_no}`],
  })
  const require = (stock_id: string): BusinessStock => {
    const stock = records.find(stock_id)
    if (!stock) throw new Rejection('BUSINESS_STOCK_UNKNOWN', stock_id)
    return stock
  }
  const modify: BusinessStocks['modify'] = (stock_id, text) => {
    const stock = require(stock_id)
    return records.save({ ...stock, text: mergeText(stock.text, text) })
  }
  scheduler.on<{ stock_id: string }>('business-stock-end', ({ stock_id }) => {
    const stock = require(stock_id)
    const ended = stateAfter(BUSINESS_STOCK_STATES, stock.state, 'end')
    if (ended) records.save({ ...stock, state: ended })
  })
  return {
    create(draft) {
      const earlier = records.findByNumber(`${draft.mchid}/${draft.out_request_no}`)
      if (earlier) {
        if (earlier.fingerprint === draft.fingerprint) return earlier
        throw new Rejection('BUSINESS_STOCK_NUMBER_USED', draft.out_request_no)
      }
      requireSoundRules(draft.text, now())
      const stock_id = newDigits(16, context, id => records.find(id) !== undefined)
      const { available_end_time } = draft.text.coupon_use_rule.coupon_available_time
      scheduler.schedule(Date.parse(available_end_time), 'business-stock-end', { stock_id })
      const today = { day: dateOf(now()), sent: 0 }
      return records.save({ ...draft, stock_id, state: 'RUNNING', createdAt: now(), sent: 0, today })
    },
    find: records.find,
    require,
    modify,
    changeBudget(stock_id, { limit, target, current }) {
      const { text, sent, today } = require(stock_id)
      const isKnown = current === undefined || text.stock_send_rule[limit] === current
      const used = limit === 'max_coupons' ? sent : today.day === dateOf(now()) ? today.sent : 0
      if (!isKnown || target < used)
        throw new Rejection('BUSINESS_BUDGET_CHANGED', `${limit} is ${text.stock_send_rule[limit]}, ${used} are sent`)
      return modify(stock_id, { stock_send_rule: { ...text.stock_send_rule, [limit]: target } })
    },
    pause(stock_id, isPaused) {
      const stock = require(stock_id)
      if (stock.state === (isPaused ? 'PAUSED' : 'RUNNING')) return stock
      const next = stateAfter(BUSINESS_STOCK_STATES, stock.state, isPaused ? 'pause' : 'continue')
      if (!next) throw new Rejection('BUSINESS_STOCK_INACTIVE', stock_id)
      return records.save({ ...stock, state: next })
    },
    countSent(stock_id) {
      const stock = require(stock_id)
      const { max_coupons, max_coupons_by_day = Infinity } = stock.text.stock_send_rule
      const { available_begin_time } = stock.text.coupon_use_rule.coupon_available_time
      if (stock.state !== 'RUNNING' || now() < Date.parse(available_begin_time))
        throw new Rejection('BUSINESS_STOCK_INACTIVE', stock_id)
      const day = dateOf(now())
      const today = { day, sent: (stock.today.day === day ? stock.today.sent : 0) + 1 }
      if (stock.sent >= max_coupons || today.sent > max_coupons_by_day)
        throw new Rejection('BUSINESS_STOCK_BUDGET', stock_id)
      return records.save({ ...stock, sent: stock.sent + 1, today })
    },
    all: records.all,
  }
}

/** Replaces the given parts of a stock; of the two rules, their given members. */
const mergeText = (text: BusinessStockText, given: Partial<BusinessStockText>): BusinessStockText => ({
  ...text,
  ...given,
  coupon_use_rule: { ...text.coupon_use_rule, ...given.coupon_use_rule },
  stock_send_rule: { ...text.stock_send_rule, ...(given.stock_send_rule as BusinessSendRule | undefined) },
})

const RULES = {
  NORMAL: 'fixed_normal_coupon',
  DISCOUNT: 'discount_coupon',
  EXCHANGE: 'exchange_coupon',
} as const

/** @throws {Rejection} `BUSINESS_STOCK_RULES` */
function requireSoundRules({ stock_type, coupon_use_rule }: BusinessStockText, now: number): void {
  const { available_begin_time, available_end_time } = coupon_use_rule.coupon_available_time
  const end = Date.parse(available_end_time)
  const rule = RULES[stock_type]
  if (!coupon_use_rule[rule]) throw new Rejection('BUSINESS_STOCK_RULES', `${stock_type} needs ${rule}`)
  if (!(end > Date.parse(available_begin_time) && end > now))
    throw new Rejection('BUSINESS_STOCK_RULES', `available_end_time is ${available_end_time}`)
}
