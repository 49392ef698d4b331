/** Removes the underscores: APIv2 and APIv3 write the same codes with and without them (`NOTENOUGH`, `NOT_ENOUGH`). */
export const plainCode = (code: string): string => code.replaceAll('_', '').toUpperCase()

/** WeChat Pay's codes, without underscores, for an order or a refund that does not exist, or does not exist yet. */
const ABSENT: ReadonlySet<string> = new Set(['ORDERNOTEXIST', 'RESOURCENOTEXISTS', 'REFUNDNOTEXIST', 'NOTFOUND'])

/**
 * Tells whether WeChat Pay says by a code that the order or the refund of a query does not exist, or not yet.
 *
 * @param serviceCode `serviceCode` of a `ServiceError`, with or without underscores
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791858
 * @example
 * ```ts
 * isAbsentCode('ORDER_NOT_EXIST') // true
 * isAbsentCode('NO_AUTH') // false
 * ```
 */
export const isAbsentCode = (serviceCode: string): boolean => ABSENT.has(plainCode(serviceCode))
