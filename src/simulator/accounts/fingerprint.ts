import { md5 } from '../../core/crypto/digest.ts'
import { Rejection, type RejectionReason } from './rejection.ts'

/**
 * Returns a digest that is equal for equal parameters, whatever their order. The state keeps it instead of the parameters,
 * which may be encrypted on the wire.
 */
export const fingerprintOf = (parameters: unknown): string =>
  md5(JSON.stringify(sorted(parameters), (_, value) => (typeof value === 'bigint' ? [String(value)] : value)))

/**
 * Refuses a request with the number of an earlier one, unless it repeats the earlier one.
 *
 * @param fingerprint of the request's parameters
 * @param reason reason of the refusal
 * @param number number of both
 */
export function refuseChangedRepetition(
  earlier: { readonly fingerprint: string } | undefined,
  fingerprint: string,
  reason: RejectionReason,
  number: string,
): void {
  if (earlier && earlier.fingerprint !== fingerprint) throw new Rejection(reason, number)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)])
}
