import { CallError } from '../errors.ts'

export type Scalar = string | number | bigint | boolean

/** Whether a double holds the number that it stands for: neither a rounded integer nor none at all. */
export const isExact = (value: number): boolean =>
  Number.isFinite(value) && (value % 1 !== 0 || Number.isSafeInteger(value))

/**
 * The text of a scalar. A number that a double does not hold exactly is refused rather than sent as another.
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
