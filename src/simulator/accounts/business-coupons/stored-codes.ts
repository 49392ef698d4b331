import type { AccountsContext } from '../context.ts'
import { Rejection } from '../rejection.ts'
import type { StoredCode } from './business-coupon.ts'

/** Result of an upload of codes, with WeChat Pay's names. */
export interface UploadResult {
  readonly success_codes: readonly string[]
  readonly fail_codes: readonly { readonly coupon_code: string; readonly code: string; readonly message: string }[]
  /** Codes that the stock had before. */
  readonly exist_codes: readonly string[]
  /** Codes that the request repeats. */
  readonly duplicate_codes: readonly string[]
}

/** Codes that a merchant uploads for the coupons of a stock (预存code). */
export interface StoredCodes {
  /** @throws {Rejection} `BUSINESS_CODES_FULL` */
  upload(stock_id: string, codes: readonly string[]): UploadResult
  find(stock_id: string, code: string): StoredCode | undefined
  ofStock(stock_id: string): StoredCode[]
  /**
   * Deletes a code.
   *
   * @throws {Rejection} `BUSINESS_CODE_UNKNOWN`, `BUSINESS_CODE_USED`
   */
  remove(stock_id: string, code: string): void
  /** @throws {Rejection} `BUSINESS_CODES_OVER`: all codes have been given out */
  requireAvailable(stock_id: string): StoredCode
  /**
   * Gives a shopper a code of the stock.
   *
   * @throws {Rejection} `BUSINESS_CODES_OVER`
   */
  dispatch(stock_id: string, openid: string): string
}

/** Documented. */
const MAX_CODES_PER_CALL = 200
const CODE = /^[\w\-\\/=| ]+$/
const MAX_LENGTH = 32

export function createStoredCodes({ state, now }: AccountsContext): StoredCodes {
  const codes = state.map<StoredCode>('business-coupon-codes')
  const keyOf = (stock_id: string, code: string): string => `${stock_id}/${code}`
  const find: StoredCodes['find'] = (stock_id, code) => codes.get(keyOf(stock_id, code))
  const ofStock: StoredCodes['ofStock'] = stock_id => [...codes.values()].filter(stored => stored.stock_id === stock_id)
  const requireAvailable: StoredCodes['requireAvailable'] = stock_id => {
    const stored = ofStock(stock_id).find(({ dispatched }) => !dispatched)
    if (!stored) throw new Rejection('BUSINESS_CODES_OVER', stock_id)
    return stored
  }
  return {
    upload(stock_id, uploaded) {
      if (uploaded.length > MAX_CODES_PER_CALL) throw new Rejection('BUSINESS_CODES_FULL', String(uploaded.length))
      const distinct = [...new Set(uploaded)]
      const sound = distinct.filter(code => !failureOf(code))
      const fresh = sound.filter(code => !find(stock_id, code))
      for (const code of fresh) codes.set(keyOf(stock_id, code), { stock_id, code, uploadedAt: now() })
      return {
        success_codes: fresh,
        fail_codes: distinct.flatMap(code => failureOf(code) ?? []),
        exist_codes: sound.filter(code => !fresh.includes(code)),
        duplicate_codes: [...new Set(uploaded.filter((code, at) => uploaded.indexOf(code) < at))],
      }
    },
    find,
    ofStock,
    remove(stock_id, code) {
      const stored = find(stock_id, code)
      if (!stored) throw new Rejection('BUSINESS_CODE_UNKNOWN', code)
      if (stored.dispatched) throw new Rejection('BUSINESS_CODE_USED', code)
      codes.delete(keyOf(stock_id, code))
    },
    requireAvailable,
    dispatch(stock_id, openid) {
      const stored = requireAvailable(stock_id)
      codes.set(keyOf(stock_id, stored.code), { ...stored, dispatched: { at: now(), openid } })
      return stored.code
    },
  }
}

/** Returns why a code is not accepted, or undefined if it is. The response has room for 32 characters of it. */
function failureOf(code: string): UploadResult['fail_codes'][number] | undefined {
  const coupon_code = code.slice(0, MAX_LENGTH)
  if (code.length > MAX_LENGTH) return { coupon_code, code: 'LENGTH_LIMIT', message: '长度超过最大值32位' }
  return CODE.test(code) ? undefined : { coupon_code, code: 'PARAM_ERROR', message: 'code包含不支持的字符' }
}
