import { MalformedError } from '../errors.ts'
import { kindOf } from '../kind-of.ts'
import { printable } from '../printable.ts'

/**
 * The longest documented answers (`/pay/refundquery`: ten refunds of some coupons each) have some thousand fields in 64
 * KiB; notifications have a few dozen. Bills are not XML.
 */
const MAX_CHARACTERS = 2 ** 18
const MAX_ELEMENTS = 2 ** 13
export const MAX_LEVELS = 16

const NAME = '[A-Za-z_][\\w.-]{0,63}'
const FIELD_NAME = new RegExp(`^${NAME}$`)
/** Names that txml reads its own way, or that would reach an object's prototype. None is a field of WeChat Pay's. */
const REFUSED = new Set(['script', 'style', '__proto__'])

/** Returns whether a field may have this name. */
export const isFieldName = (name: string): boolean => FIELD_NAME.test(name) && !REFUSED.has(name)

/** XML 1.0, 2.2: these characters have no form, not even as a reference. */
export const NO_XML_CHARACTER: RegExp =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** White space in XML (2.3), which is less than `\s`. */
const S = '[ \\t\\r\\n]'
const BLANK = new RegExp(`^${S}*$`)
const DECLARATION = new RegExp(
  `^\ufeff?${S}*(?:<\\?xml${S}+version${S}*=${S}*(["'])1\\.0\\1(?:${S}+encoding${S}*=${S}*(["'])[A-Za-z][\\w.-]*\\2)?${S}*\\?>)?`,
)
const ATTRIBUTE = `${S}+[A-Za-z_:][\\w:.-]*${S}*=${S}*(?:"[^"<]*"|'[^'<]*')`
/** A closing tag, or an opening one with its attributes. */
const TAG = new RegExp(`<(?:/(${NAME})${S}*|(${NAME})(?:${ATTRIBUTE})*${S}*(/?))>`, 'y')
/** A reference, or a `&` that begins none. */
const REFERENCE = /&(?:(?:amp|lt|gt|quot|apos|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));)?/g

/** Returns whether a text holds nothing but white space. */
export const isBlank = (text: string): boolean => BLANK.test(text)

export const notXml = (why: string): MalformedError => new MalformedError('NOT_XML', `Not an XML message: ${why}.`)

/**
 * Checks that a text is well-formed XML, and returns its elements, text and CDATA alone, without attributes, comments
 * and the declaration. txml accepts anything, and reads malformed markup in ways of its own: it never sees any.
 *
 * It moves forward only, and whatever does not fit ends it, so that no text takes more than linear time.
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
  while (at < text.length) {
    if (text[at] !== '<') {
      const end = endOf('<', text, at)
      const between = text.slice(at, end)
      if (open.length === 0 && !isBlank(between)) throw notXml('text outside the root')
      if (between.includes(']]>')) throw notXml('"]]>" in text')
      refuseReferences(between)
      if (open.length > 0) pieces.push(between)
      at = end
    } else if (text.startsWith('<!--', at)) {
      const dashes = endOf('--', text, at + 4)
      if (!text.startsWith('-->', dashes)) throw notXml(dashes < text.length ? '"--" within a comment' : 'cut short')
      at = dashes + 3
    } else if (text.startsWith('<![CDATA[', at)) {
      const end = endOf(']]>', text, at) + 3
      if (end > text.length) throw notXml('cut short')
      if (open.length === 0) throw notXml('text outside the root')
      pieces.push(text.slice(at, end))
      at = end
    } else {
      TAG.lastIndex = at
      const [tag, closing, opening, isEmpty] = TAG.exec(text) ?? refuseMarkup(text, at)
      refuseReferences(tag)
      if (opening) {
        if (!isFieldName(opening)) throw notXml(`a field "${printable(opening)}"`)
        if (open.length === 0 && elements > 0) throw notXml('a second root')
        if (++elements > MAX_ELEMENTS) throw notXml(`more than ${MAX_ELEMENTS} elements`)
        if (open.push(opening) > MAX_LEVELS) throw notXml(`more than ${MAX_LEVELS} levels`)
        pieces.push(`<${opening}>`)
      }
      const closed = isEmpty ? opening : closing
      if (closed) {
        if (open.pop() !== closed) throw notXml(`</${printable(closed)}> closes nothing`)
        pieces.push(`</${closed}>`)
      }
      at += tag.length
    }
  }
  if (elements === 0 || open.length > 0) throw notXml(elements ? 'cut short' : 'no root')
  return pieces.join('')
}

/** Returns where a piece begins, or where the text ends. */
function endOf(piece: string, text: string, from: number): number {
  const at = text.indexOf(piece, from)
  return at < 0 ? text.length : at
}

/** txml leaves a reference that it does not know as it stands, and decodes some that stand for no character. */
function refuseReferences(text: string): void {
  for (const [reference, decimal, hex] of text.matchAll(REFERENCE)) {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : 0x20
    if (reference === '&' || code > 0x10ffff || NO_XML_CHARACTER.test(String.fromCodePoint(code)))
      throw notXml('a "&" without a reference')
  }
}

function refuseMarkup(text: string, at: number): never {
  if (text.startsWith('<!D', at)) throw notXml('a DOCTYPE')
  throw notXml(text[at + 1] === '?' ? 'a processing instruction' : 'a tag that is malformed or cut short')
}
