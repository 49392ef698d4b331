const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30

/**
 * Parses a decimal amount into the smallest unit of its currency without floating-point arithmetic, so nothing is
 * rounded. With two decimals, `0.02`, `20` and `-0.06000` become 2, 2000 and -6; an empty range is 0.
 *
 * @param bytes the text, from `start` to `end`
 * @param decimals how many decimals the currency has
 * @returns NaN if the text is not an amount, or not a whole number of the smallest unit
 */
export function readAmount(bytes: Uint8Array, start: number, end: number, decimals: number): number {
  if (start === end) return 0
  const isNegative = bytes[start] === MINUS
  let amount = 0
  /** Digits after the decimal point so far; -1 before the point. */
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
      // Fees are printed with five decimals, of which the last three are zeros.
    } else if (digit !== 0) return Number.NaN
  }
  if (!hasDigits || bytes[end - 1] === POINT) return Number.NaN
  for (let at = Math.max(fractionDigits, 0); at < decimals; at++) amount *= 10
  if (amount > Number.MAX_SAFE_INTEGER) return Number.NaN
  return isNegative && amount ? -amount : amount
}
