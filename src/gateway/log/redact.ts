export const REDACTED = '[redacted]'

/** Deeper than this no message of WeChat Pay's goes; what does may go round in circles. */
const DEEPEST = 20

/** Members whose value is a secret, whatever it looks like. */
const SECRET_NAMES =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:\w+_)?token|(?:\w+_)?secrets?|passw(?:or)?d|passphrase|(?:pay_?|workwx_)?sign|(?:[\w-]+-)?signature|ciphertext|(?:private|decryption|session)_?key|api_?v[23]_?key|auth_code)$/i

/** An APIv2 or APIv3 key looks like any other word; what is called a key and is as long is taken for one. */
const isKey = (name: string, value: string): boolean => /key/i.test(name) && /^[\x21-\x7e]{32}$/.test(value)

/** Of a text no more is told: patterns search it in vain, at worst, in the square of that. */
const MAX_TEXT = 4_096

/** What follows a name: in JSON, a query, XML, a header. In prose a colon and a word mean nothing, unless the word is long. */
const VALUE = String.raw`((?:\\?["'])?\s*[=:]\s*\\?["']|=|>(?:<!\[CDATA\[)?|:\s*(?=[^\s"'&<>,;\\\]]{16}))`

const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)/g, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\b(?:whsec|wxe)_[\w+/=-]+/g, REDACTED],
  // A JWT; a signature or what is sealed, from 64 bytes on.
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, REDACTED],
  [/[A-Za-z0-9+/]{86,}={0,2}/g, REDACTED],
  // Who pays: an openid where a path has one.
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
 * Takes out what looks like a secret: PEM, bearer and basic credentials, tokens and webhook secrets of this gateway, JWTs,
 * signatures, and by their names keys, signatures, passwords. A second line of defence: nothing of that is to come here at all.
 *
 * @returns a copy that JSON can hold: a `bigint` is its digits
 */
export function redactSecrets(value: unknown, name = '', depth = 0): unknown {
  if (value === undefined || value === null) return value
  if (SECRET_NAMES.test(name)) return REDACTED
  if (typeof value === 'string') return isKey(name, value) ? REDACTED : redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
  if (depth >= DEEPEST) return REDACTED
  if (Array.isArray(value)) return value.map(member => redactSecrets(member, name, depth + 1))
  // An error says no more than it means to.
  if (value instanceof Error) return redactText(value.message)
  const members = Object.entries(value).map(([name, member]) => [name, redactSecrets(member, name, depth + 1)])
  return Object.fromEntries(members)
}

const redactText = (text: string): string =>
  SECRET_TEXTS.reduce(
    (rest, [pattern, place]) => rest.replace(pattern, place),
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text,
  )
