import { md5 } from '../core/crypto/digest.ts'

/**
 * Tells whether two requests carry the same parameters, in whatever order they stand. A digest, so that no plaintext of
 * a sealed field is kept for it.
 */
export const fingerprint = (parameters: unknown): string =>
  md5(JSON.stringify(sorted(parameters), (_, value) => (typeof value === 'bigint' ? [String(value)] : value)))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const names = Object.keys(value).sort()
  return names.map(name => [name, sorted((value as Record<string, unknown>)[name])])
}
