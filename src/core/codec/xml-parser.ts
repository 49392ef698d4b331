import { kindOf, printable } from '../base/error-text.ts'
import { MalformedError } from '../base/errors.ts'

/**
 * The longest documented responses (`/pay/refundquery`: ten refunds with several coupons each) have about a thousand fields in 64
 * KiB; notifications have a few dozen. Bills are not XML.
 */
const MAX_CHARACTERS = 2 ** 18
const MAX_ELEMENTS = 2 ** 13
export const MAX_LEVELS = 16

const NAME = '[A-Za-z_][\\w.-]{0,63}'
const FIELD_NAME = new RegExp(`^${NAME}$`)
/** A name that would reach an object's prototype. WeChat Pay has no such field. */
const REFUSED = '__proto__'

/** Returns whether a field may have this name. */
export const isFieldName = (name: string): boolean => FIELD_NAME.test(name) && name !== REFUSED

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
/** A reference, whose name or number is a group, or an `&` that does not begin one. */
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7}|x[\dA-Fa-f]{1,6}));|&/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Returns whether a text is empty or white space. */
const isBlank = (text: string): boolean => BLANK.test(text)

const notXml = (why: string): MalformedError => new MalformedError('NOT_XML', `Not an XML message: ${why}.`)

/** The content of an element: text, elements by name, or a list if a name repeats. */
export type XmlValue = string | XmlFields | (string | XmlFields)[]
export interface XmlFields {
  [name: string]: XmlValue
}

/** An element that is not closed yet. */
interface OpenElement {
  readonly name: string
  text: string
  fields?: XmlFields
}

/**
 * Reads the content of the root element of a text that is well-formed XML, without attributes and comments.
 *
 * It moves only forward and stops at the first error, so it takes linear time for every text.
 *
 * @throws {MalformedError} `NOT_XML`
 */
export function readRoot(text: string): string | XmlFields {
  if (typeof text !== 'string') throw notXml(`${kindOf(text)} instead of text`)
  if (text.length > MAX_CHARACTERS) throw notXml(`more than ${MAX_CHARACTERS} characters`)
  const open: OpenElement[] = []
  let root: string | XmlFields | undefined
  let elements = 0
  let at = DECLARATION.exec(text)![0].length
  TOKEN.lastIndex = at
  for (const [token, content, opening, isEmpty, closing] of text.matchAll(TOKEN)) {
    const decoded = decodeToken(token)
    if (decoded === undefined) break
    if (opening) {
      if (opening === REFUSED) throw notXml(`a field "${REFUSED}"`)
      if (root !== undefined) break
      if (++elements > MAX_ELEMENTS) throw notXml(`more than ${MAX_ELEMENTS} elements`)
      if (open.push({ name: opening, text: '' }) > MAX_LEVELS) throw notXml(`more than ${MAX_LEVELS} levels`)
    }
    const closed = isEmpty ? opening : closing
    if (closed) {
      const element = open.pop()
      if (element?.name !== closed) break
      const parent = open.at(-1)
      if (parent) addField(parent, closed, contentOf(element))
      else root = contentOf(element)
    }
    if (content) {
      const element = open.at(-1)
      if (element) element.text += decoded
      else if (!isBlank(content)) break
    }
    at += token.length
  }
  if (at === text.length && root !== undefined) return root
  throw notXml(text.startsWith('<!D', at) ? 'a DOCTYPE' : `malformed or cut short at character ${at}`)
}

function contentOf({ name, text, fields }: OpenElement): string | XmlFields {
  if (!fields) return text
  if (isBlank(text)) return fields
  throw notXml(`text beside elements in <${printable(name)}>`)
}

function addField(element: OpenElement, name: string, value: string | XmlFields): void {
  element.fields ??= {}
  const { fields } = element
  const before = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (Array.isArray(before)) before.push(value)
  else fields[name] = before === undefined ? value : [before, value]
}

/** Decodes a token, of which only text and CDATA matter. Returns undefined if it breaks a rule that its pattern does not have. */
function decodeToken(token: string): string | undefined {
  if (token.startsWith('<!--')) return token.indexOf('--', 4) === token.length - 3 ? '' : undefined
  if (token.startsWith('<![')) return token.slice(9, -3)
  if (!token.startsWith('<') && token.includes(']]>')) return undefined
  // Most tokens have none, and looking for all of them takes half the time of a short message.
  if (!token.includes('&')) return token
  let isWellFormed = true
  const decoded = token.replace(REFERENCE, (_, name: string | undefined, number = '') => {
    // "x41" is hexadecimal, as in 0x41. A bare & has neither.
    const code = Number(`0${number}`)
    const character = name ? ENTITIES[name]! : code > 0x10ffff ? '\0' : String.fromCodePoint(code)
    if (NO_XML_CHARACTER.test(character)) isWellFormed = false
    return character
  })
  return isWellFormed ? decoded : undefined
}
