export const REDACTED = '[redacted]'

/** Maximum number of levels. Messages of WeChat Pay have fewer; a deeper value may be circular. */
const MAX_DEPTH = 20

/** Matches the names of members whose values are secrets in any form. */
const SECRET_NAMES =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:\w+_)?token|(?:\w+_)?secrets?|passw(?:or)?d|passphrase|(?:pay_?|workwx_)?sign|(?:[\w-]+-)?signature|ciphertext|(?:private|decryption|session)_?key|api_?(?:v[23]_?)?key|auth_code)$/i

/** Recognises an APIv2 or APIv3 key by its name and length, because it has no other pattern. */
const isKey = (name: string, value: string): boolean => /key/i.test(name) && /^[\x21-\x7e]{32}$/.test(value)

/** Maximum length of a text: the time for the patterns may grow with its square. */
const MAX_TEXT = 4_096

/**
 * Matches the separator between a name and its value in JSON, a query, XML or a header. A colon in prose counts only
 * before a long word.
 */
const VALUE = String.raw`((?:\\?["'])?\s*[=:]\s*\\?["']|=|>(?:<!\[CDATA\[)?|:\s*(?=[^\s"'&<>,;\\\]]{16}))`

const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)/g, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\b(?:whsec|wxe)_[\w+/=-]+/g, REDACTED],
  // A JWT; a signature or an encrypted value, from 64 bytes on.
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, REDACTED],
  [/[A-Za-z0-9+/]{86,}={0,2}/g, REDACTED],
  // An openid in a path.
  [/(?<=\/)o[\w-]{27}(?=[/?\s]|$)/g, REDACTED],
  [
    new RegExp(
      String.raw`(\b(?:pay_?|workwx_)?sign(?:ature)?|secret|token|passw(?:or)?d|passphrase|\bauth_code)${VALUE}([^\s"'&<>,;\\\]]+)`,
      'gi',
    ),
    `$1$2${REDACTED}`,
  ],
  [
    new RegExp(String.raw`(key\w{0,20})${VALUE}([\x21\x23-\x25\x28-\x3b\x3d\x3f-\x7e]{32})(?!\w)`, 'gi'),
    `$1$2${REDACTED}`,
  ],
]

/**
 * Removes everything that looks like a secret: PEM, bearer and basic credentials, tokens and webhook secrets of this gateway, JWTs,
 * signatures, and keys, signatures and passwords recognised by their names. This is a second line of defence, because secrets must not
 * be logged in the first place.
 *
 * @returns a copy that JSON can represent: a `bigint` becomes its digits
 */
export function redactSecrets(value: unknown, name = '', depth = 0): unknown {
  if (value === undefined || value === null) return value
  if (SECRET_NAMES.test(name)) return REDACTED
  if (typeof value === 'string') return isKey(name, value) ? REDACTED : redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
  if (depth >= MAX_DEPTH) return REDACTED
  if (Array.isArray(value)) return value.map(member => redactSecrets(member, name, depth + 1))
  // Only the message of an error is written, not its other properties.
  if (value instanceof Error) return redactText(value.message)
  const members = Object.entries(value).map(([key, member]) => [key, redactSecrets(member, key, depth + 1)])
  return Object.fromEntries(members)
}

const redactText = (text: string): string =>
  SECRET_TEXTS.reduce(
    (rest, [pattern, replacement]) => rest.replace(pattern, replacement),
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text,
  )
