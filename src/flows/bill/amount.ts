const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30

/**
 * Reads a decimal amount in the smallest unit of its currency, digit by digit: nothing is rounded. Of yuan, which have two
 * decimals, `0.02`, `20`, `-0.06000` are 2, 2000, -6 fen; where nothing stands, 0.
 *
 * @param bytes what it stands in, from `start` to `end`
 * @param decimals of the currency
 * @returns NaN where it is no amount, or no whole number of the smallest unit
 */
export function readAmount(bytes: Uint8Array, start: number, end: number, decimals: number): number {
  if (start === end) return 0
  const isNegative = bytes[start] === MINUS
  let amount = 0
  /** Behind the point; -1 before it. */
  let fractionDigits = -1
  let hasDigits = false
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    const code = bytes[at]!
    const digit = code - ZERO
    if (code === POINT && fractionDigits < 0 && hasDigits) fractionDigits = 0
    else if (!(digit >= 0 && digit <= 9)) return Number.NaN
    else if (fractionDigits < decimals) {
      amount = amount * 10 + digit
      hasDigits = true
      if (fractionDigits >= 0) fractionDigits++
      // Fees have five decimals, the last three of which are zeros.
    } else if (digit !== 0) return Number.NaN
  }
  if (!hasDigits || bytes[end - 1] === POINT) return Number.NaN
  for (let at = Math.max(fractionDigits, 0); at < decimals; at++) amount *= 10
  if (amount > Number.MAX_SAFE_INTEGER) return Number.NaN
  return isNegative && amount ? -amount : amount
}
