/** A message's members, whatever it is. */
export type Fields = Readonly<Record<string, unknown>>

/** The members of a body or an answer; of what is no object none. */
export const fieldsOf = (message: unknown): Fields =>
  typeof message === 'object' && message !== null && !Array.isArray(message) ? (message as Fields) : {}

/** Those of the names that hold text or a number. */
export function pick(fields: Fields, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (value !== '' && ['string', 'number', 'bigint'].includes(typeof value)) picked[name] = String(value)
  }
  return picked
}

/**
 * A message of APIv2 without its signature. Whoever is not the merchant must hold no text that the APIv2 key signed: responses
 * and notifications are signed alike, and the one may be sent as the other.
 */
export function withoutSignature(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message
  const { sign: _, nonce_str: __, ...fields } = message as Fields
  return fields
}
