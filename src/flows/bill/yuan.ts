const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30

/**
 * Reads yuan as fen, digit by digit: nothing is rounded. `0.02`, `20`, `-0.06000`; where nothing stands, 0.
 *
 * @param bytes what it stands in, from `start` to `end`
 * @returns NaN where it is no amount, or not whole fen
 */
export function fenOf(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0
  const isNegative = bytes[start] === MINUS
  let fen = 0
  /** Behind the point; -1 before it. */
  let decimals = -1
  let digits = 0
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    const code = bytes[at]!
    const digit = code - ZERO
    if (code === POINT && decimals < 0 && digits > 0) decimals = 0
    else if (!(digit >= 0 && digit <= 9)) return Number.NaN
    else if (decimals < 2) {
      fen = fen * 10 + digit
      digits++
      if (decimals >= 0) decimals++
      // Fees have five decimals, the last three of which are zeros.
    } else if (digit !== 0) return Number.NaN
  }
  for (let at = Math.max(decimals, 0); at < 2; at++) fen *= 10
  if (digits === 0 || decimals === 0 || fen > Number.MAX_SAFE_INTEGER) return Number.NaN
  return isNegative && fen ? -fen : fen
}
