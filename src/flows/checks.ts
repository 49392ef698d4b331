import { currencyDecimals } from '../core/base/currencies.ts'
import { CallError, ConfigurationError } from '../core/base/errors.ts'

/**
 * Checks an amount of money.
 *
 * @param amount a positive integer in the smallest unit of its currency (fen, cents, yen)
 * @param field dotted: `amount.total`
 * @throws {CallError} `BODY_INVALID`
 */
export function requireAmount(amount: unknown, field: string): number {
  const isPositive = typeof amount === 'bigint' ? amount > 0n : Number.isSafeInteger(amount) && (amount as number) > 0
  const number = Number(amount)
  if (!isPositive || !Number.isSafeInteger(number))
    throw new CallError(
      'BODY_INVALID',
      field,
      'give a positive integer in the smallest unit of the currency (fen, 分: 1 yuan is 100)',
    )
  return number
}

/**
 * Formats an amount for a message: `100 fen`, `17.50 HKD`, `1750 JPY`.
 *
 * @param amount in the smallest unit of the currency
 * @param currency ISO 4217 code
 */
export const formatAmount = (amount: number, currency = 'CNY'): string =>
  `${formatDecimal(amount, currency)} ${currency === 'CNY' ? 'fen' : currency}`

/** Formats an amount without its unit. */
export function formatDecimal(amount: number, currency: string): string {
  const decimals = currency === 'CNY' ? 0 : currencyDecimals(currency)
  return (amount / 10 ** decimals).toFixed(decimals)
}

/**
 * Checks a number that the merchant assigns (商户订单号, 商户退款单号).
 *
 * @param maxLength in characters
 * @throws {CallError} `BODY_INVALID`
 */
export function requireMerchantNumber(number: unknown, field: string, maxLength: number): string {
  if (typeof number === 'string' && number.length <= maxLength && /^[\w\-|*@]+$/.test(number)) return number
  throw new CallError('BODY_INVALID', field, `give 1 to ${maxLength} letters, digits and _-|*@`)
}

/** Milliseconds from 1970 to 1973: a smaller number of them is no time of today, but a duration or seconds; a greater one no duration. */
export const MIN_TIME = 100_000_000_000

/**
 * Requires the options of a function that waits.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function requireDeadline(options: unknown): void {
  if (Object(options).deadline == null)
    throw new CallError(
      'PARAMETER_INVALID',
      'deadline',
      'missing. Give { deadline }: a Date, or milliseconds since 1970',
    )
}

/** @throws {CallError} `OPTION_UNKNOWN` */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw new CallError('OPTION_UNKNOWN', name, `not one of ${known.join(', ')}`)
}

/** @throws {ConfigurationError} `OPTION_INVALID` */
export function requirePositive(number: unknown, option: string, unit: string): number {
  if (typeof number === 'number' && number > 0) return number
  throw new ConfigurationError('OPTION_INVALID', option, `give a positive number of ${unit}`)
}
