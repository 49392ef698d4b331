/** Codes that any call of APIv3 may be refused with (公共错误码). */
export type CommonServiceCode = 'PARAM_ERROR' | 'INVALID_REQUEST' | 'SIGN_ERROR' | 'SYSTEM_ERROR'

/** The meaning of an error code for the call: a row of {@link SERVICE_CODES}. */
export type CodeKind = 'again' | 'query' | 'pending' | 'limited' | 'later' | 'absent' | 'refused'

/**
 * WeChat Pay's error codes (错误码) by their meaning for the call; the only such list in core, flows and gateway.
 *
 * It decides what an error proves about a call that changes something:
 *
 * - WeChat Pay signs its errors once it knows the caller. A signed refusal (APIv3 4xx, APIv2 `FAIL`) had no effect,
 * unless its code is one of `again`, `query` and `pending`.
 * - An unsigned error may come from a proxy, even after WeChat Pay has carried out the call. WeChat Pay does not sign
 * refusals before it knows the merchant (401 `SIGN_ERROR`), so an unsigned error is a refusal only with a code of this
 * table, which lists codes that WeChat Pay documents for calls that change something and that no proxy uses.
 * - After anything else, and any 5xx, the outcome is unknown. A query settles it, as does the same call with the same
 * number.
 *
 * Codes have no underscores here, because APIv2 writes them without and APIv3 with them.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012081709
 */
const SERVICE_CODES: Readonly<Record<CodeKind, readonly string[]>> = {
  /** System failure (系统异常): the call may have taken effect. Both APIs ask for the same parameters again. */
  again: ['SYSTEMERROR', 'BIZERRNEEDRETRY'],
  /** Failure of a bank (银行系统异常): the call may have taken effect. WeChat Pay asks for a query. */
  query: ['BANKERROR'],
  /** The shopper is paying: the call has taken effect, or will. */
  pending: ['USERPAYING'],
  /** Rate limit (频率限制): nothing was done. The same parameters succeed after a pause. */
  limited: ['FREQUENCYLIMITED', 'FREQUENCYLIMITEXCEED', 'RATELIMITEXCEED', 'RATELIMITEXCEEDED', 'FREQLIMIT'],
  /**
   * Nothing was done. The same parameters succeed once a condition is met: balance, permission, correct key, a minute.
   */
  later: ['NOTENOUGH', 'NOAUTH', 'SIGNERROR', 'MCHNOTEXISTS', 'INVALIDREQTOOMUCH'],
  /** The object of the call does not exist, or does not exist yet: nothing was done. */
  absent: ['ORDERNOTEXIST', 'RESOURCENOTEXISTS', 'REFUNDNOTEXIST'],
  /** Nothing was done, and the same parameters would be refused again. Any other signed code means the same. */
  refused: [
    'PARAMERROR',
    'INVALIDREQUEST',
    'APPIDMCHIDNOTMATCH',
    'OUTTRADENOUSED',
    'ORDERPAID',
    'ORDERCLOSED',
    'TRADEERROR',
  ],
}

/**
 * Removes the underscores, which APIv3 codes have and APIv2 codes do not (`NOT_ENOUGH`, `NOTENOUGH`). Keeps the case,
 * because other services use `InvalidRequest` and `invalid_request`.
 */
export const plainCode = (code: string): string => code.replaceAll('_', '')

/**
 * Returns the meaning of a code for the call.
 *
 * @param serviceCode `serviceCode` of a `ServiceError`, with or without underscores
 * @returns undefined for a code outside the table
 * @example
 * ```ts
 * codeKind('NOT_ENOUGH') // 'later'
 * ```
 */
export function codeKind(serviceCode: string): CodeKind | undefined {
  const code = plainCode(serviceCode)
  return (Object.keys(SERVICE_CODES) as CodeKind[]).find(kind => SERVICE_CODES[kind].includes(code))
}

const isOneOf = (kinds: readonly (CodeKind | undefined)[], serviceCode: string): boolean =>
  kinds.includes(codeKind(serviceCode))

const IN_DOUBT: readonly CodeKind[] = ['again', 'query', 'pending']

/**
 * Returns whether a call that changes something may have taken effect although its response is an error.
 *
 * @param serviceCode WeChat Pay's code, or `HTTP_…` if the response has none
 * @param status HTTP status
 * @param isProven whether the response is proven to be WeChat Pay's
 * @example
 * ```ts
 * leavesDoubt('FORBIDDEN', 403, false) // true: a proxy's
 * leavesDoubt('SIGN_ERROR', 401, false) // false
 * ```
 */
export const leavesDoubt = (serviceCode: string, status: number, isProven: boolean): boolean =>
  status >= 500 || isOneOf(isProven ? IN_DOUBT : [...IN_DOUBT, undefined], serviceCode)

/** Returns whether a code asks for the same parameters again, after a pause. */
export const asksAgain = (serviceCode: string): boolean => isOneOf(['again', 'limited'], serviceCode)

/** Returns whether a code reports a rate limit, which means that nothing was done. */
export const isLimited = (serviceCode: string): boolean => isOneOf(['limited'], serviceCode)

/** Returns whether a code reports a failure of WeChat Pay or a bank. */
export const isOutOfOrderCode = (serviceCode: string): boolean => isOneOf(['again', 'query'], serviceCode)

/**
 * Returns whether the same call may succeed once something has changed: time, balance, permission. Returns false for a
 * code outside the table, and for an object that does not exist.
 *
 * @param serviceCode `serviceCode` of a `ServiceError`, with or without underscores
 * @example
 * ```ts
 * mayDoLater('NOT_ENOUGH') // true: top up, then send the same parameters again
 * mayDoLater('PARAM_ERROR') // false
 * ```
 */
export const mayDoLater = (serviceCode: string): boolean => isOneOf([...IN_DOUBT, 'limited', 'later'], serviceCode)

/**
 * Returns whether a code says that the order or refund of a query does not exist (yet). `NOT_FOUND` does too, but is
 * not in the table, because proxies use it: it must be signed.
 *
 * @param serviceCode `serviceCode` of a `ServiceError`, with or without underscores
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791858
 * @example
 * ```ts
 * isAbsentCode('ORDER_NOT_EXIST') // true
 * isAbsentCode('NO_AUTH') // false
 * ```
 */
export const isAbsentCode = (serviceCode: string): boolean =>
  isOneOf(['absent'], serviceCode) || plainCode(serviceCode) === 'NOTFOUND'

/**
 * Returns whether an error proves that the object of a query does not exist (yet). A `NOT_FOUND` must be signed.
 *
 * @param error a `ServiceError`
 */
export const provesAbsence = ({
  serviceCode,
  verifiedBy,
}: {
  serviceCode: string
  verifiedBy: string | undefined
}): boolean => isAbsentCode(serviceCode) && (verifiedBy !== undefined || codeKind(serviceCode) !== undefined)
