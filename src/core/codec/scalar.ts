import { CallError } from '../errors.ts'

export type Scalar = string | number | bigint | boolean

/**
 * The text of a scalar. A number that a double does not hold exactly is refused rather than sent as another.
 *
 * @throws {CallError}
 */
export function scalarText(value: unknown, field: string, code: 'BODY_INVALID' | 'QUERY_INVALID'): string {
  const isExact = typeof value === 'number' && Number.isFinite(value) && (value % 1 || Number.isSafeInteger(value))
  if (isExact || ['string', 'bigint', 'boolean'].includes(typeof value)) return String(value)
  throw new CallError(
    code,
    field,
    typeof value === 'number' ? `${value} is not exact. Give a bigint or text` : 'neither text nor a number',
  )
}
