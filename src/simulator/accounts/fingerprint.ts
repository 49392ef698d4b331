import { md5 } from '../../core/crypto/digest.ts'
import { Rejection, type RejectionReason } from './rejection.ts'

/**
 * Tells whether two requests carry the same parameters, in whatever order they stand. A digest, so that no plaintext of
 * a sealed field is kept for it.
 */
export const fingerprint = (parameters: unknown): string =>
  md5(JSON.stringify(sorted(parameters), (_, value) => (typeof value === 'bigint' ? [String(value)] : value)))

/**
 * Refuses a request under the number of an earlier one, unless it repeats the earlier one.
 *
 * @param fingerprint of the request's parameters
 * @param reason of the refusal
 * @param number the number of both
 */
export function requireRepetition(
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
  return members.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, member]) => [name, sorted(member)])
}
