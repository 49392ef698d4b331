import type { AccountsContext } from '../context.ts'
import { newDigits } from '../numbers.ts'
import { createRecords, type Records } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import { businessValidityOf, isBusinessCouponValid } from './business-availability.ts'
import {
  BUSINESS_COUPON_STATES,
  type BusinessCoupon,
  type BusinessCouponChange,
  type BusinessCouponSent,
  type BusinessCouponState,
  type BusinessStock,
} from './business-coupon.ts'
import { type BusinessStocks, createBusinessStocks } from './business-stocks.ts'
import { createStoredCodes, type StoredCodes } from './stored-codes.ts'

/** Names what a merchant sends a coupon for, or a shopper receives. */
export interface BusinessCouponDraft {
  readonly stock_id: string
  readonly openid: string
  readonly sender: string
  readonly send_request_no: string
  /** Required if the merchant supplies the codes (`MERCHANT_API`), refused otherwise. */
  readonly coupon_code?: string | undefined
  /** 发放渠道. */
  readonly channel: string
  readonly fingerprint: string
}

/** Names a coupon: by the code, and the stock, which is required for codes of the merchant. */
export interface BusinessCouponName {
  readonly coupon_code: string
  readonly stock_id?: string | undefined
}

/** Business coupons (商家券): sent from a stock, used, returned and deactivated by the merchant, or expired. */
export interface BusinessCoupons {
  readonly stocks: BusinessStocks
  readonly codes: StoredCodes
  /**
   * Sends a shopper a coupon; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection}
   */
  send(draft: BusinessCouponDraft): BusinessCoupon
  /** @throws {Rejection} `BUSINESS_COUPON_UNKNOWN` */
  require(name: BusinessCouponName): BusinessCoupon
  find(name: BusinessCouponName): BusinessCoupon | undefined
  /**
   * Uses a coupon (核销). These three repeat the first result for the same request number.
   *
   * @param openid the shopper, if the merchant names them
   * @throws {Rejection}
   */
  use(name: BusinessCouponName, request_no: string, openid: string | undefined): BusinessCoupon
  /** Takes a use back (退券), as long as the coupon has not expired. */
  takeBack(name: BusinessCouponName, request_no: string): BusinessCoupon
  deactivate(name: BusinessCouponName, request_no: string, reason: string | undefined): BusinessCoupon
  /** Associates a coupon with an order, or with none. */
  associate(name: BusinessCouponName, out_trade_no: string): void
  disassociate(name: BusinessCouponName, out_trade_no: string): void
  notifyUrl(): string | undefined
  setNotifyUrl(url: string): void
  all(): Iterable<BusinessCoupon>
}

export function createBusinessCoupons(context: AccountsContext<BusinessCouponSent>): BusinessCoupons {
  const { state, scheduler, now, emit } = context
  const stocks = createBusinessStocks(context)
  const codes = createStoredCodes(context)
  const records = createRecords(state.map<BusinessCoupon>('business-coupons'), {
    keyOf,
    numbersOf: ({ sender, send_request_no, coupon_code }) => [`${sender}/${send_request_no}`, `code/${coupon_code}`],
  })
  const callbacks = state.map<string>('business-coupon-callback')
  const find: BusinessCoupons['find'] = ({ coupon_code, stock_id }) =>
    stock_id === undefined
      ? records.findByNumber(`code/${coupon_code}`)
      : records.find(keyOf({ coupon_code, stock_id }))
  const require: BusinessCoupons['require'] = name => {
    const coupon = find(name)
    if (!coupon) throw new Rejection('BUSINESS_COUPON_UNKNOWN', name.coupon_code)
    const { coupon_code_mode } = stocks.require(coupon.stock_id).text
    if (name.stock_id === undefined && coupon_code_mode !== 'WECHATPAY_MODE')
      throw new Rejection('BUSINESS_CODE_MODE', 'codes of the merchant need the stock_id')
    return coupon
  }
  scheduler.on<BusinessCouponName>('business-coupon-expiry', name => {
    const coupon = require(name)
    const expired = stateAfter(BUSINESS_COUPON_STATES, coupon.state, 'expire')
    if (expired) records.save({ ...coupon, state: expired })
  })
  return {
    stocks,
    codes,
    send: createSending(context, { stocks, codes, records }, () => callbacks.get('url'), emit),
    require,
    find,
    use(name, request_no, openid) {
      const coupon = require(name)
      if (openid !== undefined && coupon.openid !== openid) throw new Rejection('BUSINESS_COUPON_USER', openid)
      if (coupon.use?.request_no === request_no) return coupon
      const earlier = coupon.takenBack?.find(({ use }) => use.request_no === request_no)
      if (earlier) return { ...coupon, state: 'USED', use: earlier.use }
      if (coupon.state === 'USED') throw new Rejection('BUSINESS_COUPON_USED', coupon.use!.request_no)
      if (coupon.state === 'DEACTIVATED') throw new Rejection('BUSINESS_COUPON_STATE', coupon.state)
      const { coupon_available_time } = stocks.require(coupon.stock_id).text.coupon_use_rule
      if (!isBusinessCouponValid(coupon, coupon_available_time, now()))
        throw new Rejection('BUSINESS_COUPON_TIME', coupon.coupon_code)
      const used = requireAfter(coupon, 'use')
      return records.save({ ...coupon, state: used, use: { request_no, at: now() } })
    },
    takeBack(name, request_no) {
      const coupon = require(name)
      const { takenBack = [] } = coupon
      const earlier = takenBack.find(({ returned }) => returned.request_no === request_no)
      if (earlier) return { ...coupon, state: 'SENDED', use: undefined, returned: earlier.returned }
      const state = requireAfter(coupon, 'return')
      if (now() >= coupon.expiresAt) throw new Rejection('BUSINESS_COUPON_TIME', coupon.coupon_code)
      const returned = { request_no, at: now() }
      const history = [...takenBack, { use: coupon.use!, returned }]
      return records.save({ ...coupon, state, use: undefined, returned, takenBack: history })
    },
    deactivate(name, request_no, reason) {
      const coupon = require(name)
      if (coupon.deactivated?.request_no === request_no) return coupon
      const state = requireAfter(coupon, 'deactivate')
      return records.save({ ...coupon, state, deactivated: { request_no, at: now(), reason } })
    },
    associate(name, out_trade_no) {
      const coupon = require(name)
      if (coupon.out_trade_no === out_trade_no) return
      if (coupon.state !== 'SENDED') throw stateError(coupon)
      if (coupon.out_trade_no !== undefined) throw new Rejection('BUSINESS_COUPON_ORDER', coupon.out_trade_no)
      records.save({ ...coupon, out_trade_no })
    },
    disassociate(name, out_trade_no) {
      const coupon = require(name)
      if (coupon.out_trade_no !== out_trade_no) throw new Rejection('BUSINESS_COUPON_ORDER', coupon.out_trade_no)
      records.save({ ...coupon, out_trade_no: undefined })
    },
    notifyUrl: () => callbacks.get('url'),
    setNotifyUrl: url => void callbacks.set('url', url),
    all: records.all,
  }
}

interface Parts {
  readonly stocks: BusinessStocks
  readonly codes: StoredCodes
  readonly records: Records<BusinessCoupon>
}

/** Creates the function that sends a coupon: it checks the limits, and takes a code from where the stock has its codes from. */
function createSending(
  context: AccountsContext<BusinessCouponSent>,
  { stocks, codes, records }: Parts,
  notifyUrl: () => string | undefined,
  emit: AccountsContext<BusinessCouponSent>['emit'],
): BusinessCoupons['send'] {
  const { scheduler, now } = context
  const received = new Map<string, number>()
  const ownerOf = ({ stock_id, openid }: BusinessCouponDraft | BusinessCoupon): string => `${stock_id}/${openid}`
  const countReceived = (coupon: BusinessCoupon): void =>
    void received.set(ownerOf(coupon), (received.get(ownerOf(coupon)) ?? 0) + 1)
  for (const coupon of records.all()) countReceived(coupon)
  const requireCode = ({ stock_id, text }: BusinessStock, given: string | undefined): void => {
    if ((given !== undefined) !== (text.coupon_code_mode === 'MERCHANT_API'))
      throw new Rejection('BUSINESS_CODE_MODE', text.coupon_code_mode)
    if (given !== undefined && records.find(keyOf({ stock_id, coupon_code: given })))
      throw new Rejection('BUSINESS_CODE_USED', given)
    if (text.coupon_code_mode === 'MERCHANT_UPLOAD') codes.requireAvailable(stock_id)
  }
  // Documented: 22 digits.
  const newCode = (): string => newDigits(22, context, code => records.isTaken(`code/${code}`))
  return ({ channel, coupon_code: given, ...draft }) => {
    const earlier = records.findByNumber(`${draft.sender}/${draft.send_request_no}`)
    if (earlier) {
      if (earlier.fingerprint === draft.fingerprint) return earlier
      throw new Rejection('BUSINESS_COUPON_NUMBER_USED', draft.send_request_no)
    }
    const { text } = stocks.require(draft.stock_id)
    if ((received.get(`${draft.stock_id}/${draft.openid}`) ?? 0) >= text.stock_send_rule.max_coupons_per_user)
      throw new Rejection('BUSINESS_STOCK_USER_LIMIT', draft.openid)
    requireCode(stocks.require(draft.stock_id), given)
    stocks.countSent(draft.stock_id)
    const isStored = text.coupon_code_mode === 'MERCHANT_UPLOAD'
    const coupon_code = given ?? (isStored ? codes.dispatch(draft.stock_id, draft.openid) : newCode())
    const validity = businessValidityOf(text.coupon_use_rule.coupon_available_time, now())
    const coupon = records.save({ ...draft, coupon_code, state: 'SENDED', receivedAt: now(), ...validity })
    countReceived(coupon)
    scheduler.schedule(validity.expiresAt, 'business-coupon-expiry', { coupon_code, stock_id: draft.stock_id })
    emit({ type: 'business-coupon-sent', coupon, channel, notify_url: notifyUrl() })
    return coupon
  }
}

function keyOf({ stock_id, coupon_code }: Pick<BusinessCoupon, 'stock_id' | 'coupon_code'>): string {
  return `${stock_id}/${coupon_code}`
}

const stateError = ({ coupon_code, state }: BusinessCoupon): Rejection =>
  new Rejection('BUSINESS_COUPON_STATE', `${coupon_code} is ${state}`)

function requireAfter(coupon: BusinessCoupon, event: BusinessCouponChange): BusinessCouponState {
  const next = stateAfter(BUSINESS_COUPON_STATES, coupon.state, event)
  if (!next) throw stateError(coupon)
  return next
}
