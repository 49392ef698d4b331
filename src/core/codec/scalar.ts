import { CallError } from '../base/errors.ts'

export type Scalar = string | number | bigint | boolean

/** Returns whether a number is exact: neither an integer that a double rounds nor NaN or infinite. */
export const isExact = (value: number): boolean =>
  Number.isFinite(value) && (value % 1 !== 0 || Number.isSafeInteger(value))

/**
 * Writes a scalar as text. Refuses a number that a double does not hold exactly, because another number would be sent.
 *
 * @throws {CallError}
 */
export function scalarText(value: unknown, field: string, code: 'BODY_INVALID' | 'QUERY_INVALID'): string {
  if (typeof value === 'number' ? isExact(value) : ['string', 'bigint', 'boolean'].includes(typeof value))
    return String(value)
  const why =
    typeof value === 'number' ? `${value} is not exact. Give an integer, a bigint or text` : 'neither text nor a number'
  throw new CallError(code, field, why)
}
