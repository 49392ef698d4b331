/** The members of a request or response body. */
export type Fields = Readonly<Record<string, unknown>>

/** Returns the members of a body; none if it is not an object. */
export const fieldsOf = (message: unknown): Fields =>
  typeof message === 'object' && message !== null && !Array.isArray(message) ? (message as Fields) : {}

const PICKED_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'bigint'])

/** Picks the fields whose values are texts or numbers. */
export function pick(fields: Fields, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (value !== '' && PICKED_TYPES.has(typeof value)) picked[name] = String(value)
  }
  return picked
}

/**
 * Removes the signature from a message of APIv2. Texts signed by the APIv2 key must not leave the gateway: responses and notifications
 * have the same kind of signature, so that one could be sent as the other.
 */
export function withoutSignature(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message
  const { sign: _, nonce_str: __, ...fields } = message as Fields
  return fields
}
