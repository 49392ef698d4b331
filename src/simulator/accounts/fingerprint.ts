import { md5 } from '../../core/crypto/digest.ts'

/**
 * Tells whether two requests carry the same parameters, in whatever order they stand. A digest, so that no plaintext of
 * a sealed field is kept for it.
 */
export const fingerprint = (parameters: unknown): string =>
  md5(JSON.stringify(sorted(parameters), (_, value) => (typeof value === 'bigint' ? [String(value)] : value)))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return members.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, member]) => [name, sorted(member)])
}
