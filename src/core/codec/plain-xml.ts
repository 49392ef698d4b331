import { kindOf, printable } from '../error-text.ts'
import { MalformedError } from '../errors.ts'

/**
 * The longest documented responses (`/pay/refundquery`: ten refunds with several coupons each) have about a thousand fields in 64
 * KiB; notifications have a few dozen. Bills are not XML.
 */
const MAX_CHARACTERS = 2 ** 18
const MAX_ELEMENTS = 2 ** 13
export const MAX_LEVELS = 16

const NAME = '[A-Za-z_][\\w.-]{0,63}'
const FIELD_NAME = new RegExp(`^${NAME}$`)
/** Names that txml treats specially, or that would reach an object's prototype. WeChat Pay has no such field. */
const REFUSED = new Set(['script', 'style', '__proto__'])

/** Returns whether a field may have this name. */
export const isFieldName = (name: string): boolean => FIELD_NAME.test(name) && !REFUSED.has(name)

/** Characters that XML cannot represent, not even as a reference (XML 1.0, 2.2). */
export const NO_XML_CHARACTER: RegExp =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** White space in XML (2.3), which has fewer characters than `\s`. */
const S = '[ \\t\\r\\n]'
const BLANK = new RegExp(`^${S}*$`)
const DECLARATION = new RegExp(
  `^\ufeff?${S}*(?:<\\?xml${S}+version${S}*=${S}*(["'])1\\.0\\1(?:${S}+encoding${S}*=${S}*(["'])[A-Za-z][\\w.-]*\\2)?(?:${S}+standalone${S}*=${S}*(["'])(?:yes|no)\\3)?${S}*\\?>)?`,
)
const ATTRIBUTE = `${S}+[A-Za-z_:][\\w:.-]*${S}*=${S}*(?:"[^"<]*"|'[^'<]*')`
/** Text or CDATA, a comment, an opening tag with its attributes, or a closing tag. */
const TOKEN = new RegExp(
  `([^<]+|<!\\[CDATA\\[[^]*?]]>)|<!--[^]*?-->|<(?:(${NAME})(?:${ATTRIBUTE})*${S}*(/?)|/(${NAME})${S}*)>`,
  'gy',
)
/** A reference, whose number is a group, or an `&` that does not begin one. */
const REFERENCE = /&(?:(?:amp|lt|gt|quot|apos|#(\d{1,7}|x[\dA-Fa-f]{1,6}));)?/g

/** Returns whether a text is empty or white space. */
export const isBlank = (text: string): boolean => BLANK.test(text)

export const notXml = (why: string): MalformedError => new MalformedError('NOT_XML', `Not an XML message: ${why}.`)

/**
 * Checks that a text is well-formed XML, and returns only its elements, text and CDATA, without attributes, comments
 * and the declaration. txml accepts malformed markup and reads it in its own way, so it must not see any.
 *
 * It moves only forward and stops at the first error, so it takes linear time for every text.
 *
 * @throws {MalformedError} `NOT_XML`
 */
export function plainXml(text: string): string {
  if (typeof text !== 'string') throw notXml(`${kindOf(text)} instead of text`)
  if (text.length > MAX_CHARACTERS) throw notXml(`more than ${MAX_CHARACTERS} characters`)
  const pieces: string[] = []
  const open: string[] = []
  let elements = 0
  let at = DECLARATION.exec(text)![0].length
  TOKEN.lastIndex = at
  for (const [token, content, opening, isEmpty, closing] of text.matchAll(TOKEN)) {
    if (!isWellFormed(token)) break
    if (opening) {
      if (REFUSED.has(opening)) throw notXml(`a field "${printable(opening)}"`)
      if (elements > 0 && open.length === 0) break
      if (++elements > MAX_ELEMENTS) throw notXml(`more than ${MAX_ELEMENTS} elements`)
      if (open.push(opening) > MAX_LEVELS) throw notXml(`more than ${MAX_LEVELS} levels`)
      pieces.push(`<${opening}>`)
    }
    const closed = isEmpty ? opening : closing
    if (closed) {
      if (open.pop() !== closed) break
      pieces.push(`</${closed}>`)
    }
    if (content) {
      if (open.length > 0) pieces.push(content)
      else if (!isBlank(content)) break
    }
    at += token.length
  }
  if (at === text.length && elements > 0 && open.length === 0) return pieces.join('')
  throw notXml(text.startsWith('<!D', at) ? 'a DOCTYPE' : `malformed or cut short at character ${at}`)
}

/**
 * Checks rules that the regular expression of a token does not cover. txml would decode references to invalid
 * characters.
 */
function isWellFormed(token: string): boolean {
  if (token.startsWith('<!--')) return token.indexOf('--', 4) === token.length - 3
  if (token.startsWith('<![')) return true
  if (!token.startsWith('<') && token.includes(']]>')) return false
  // Most tokens have none, and looking for all of them takes half the time of a short message.
  if (!token.includes('&')) return true
  for (const [reference, number = 32] of token.matchAll(REFERENCE)) {
    // "x41" is hexadecimal, as in 0x41.
    const code = Number(`0${number}`)
    if (reference === '&' || code > 0x10ffff || NO_XML_CHARACTER.test(String.fromCodePoint(code))) return false
  }
  return true
}
