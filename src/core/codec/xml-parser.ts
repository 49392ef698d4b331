import { MalformedError } from '../errors.ts'
import { kindOf } from '../kind-of.ts'
import { printable } from '../printable.ts'

/** What an element holds: text, elements by name, or, where a name repeats, a list of them. */
export type XmlValue = string | XmlFields | (string | XmlFields)[]
export interface XmlFields {
  [name: string]: XmlValue
}

/**
 * The longest documented answers (`/pay/refundquery`: ten refunds of some coupons each) have some thousand fields in 64
 * KiB; notifications have a few dozen. Bills are not XML.
 */
const MAX_CHARACTERS = 2 ** 18
const MAX_ELEMENTS = 2 ** 13
export const MAX_LEVELS = 16

const NAME = '[A-Za-z_][\\w.-]{0,63}'
const FIELD_NAME = new RegExp(`^${NAME}$`)

/** Returns whether a field may have this name. `__proto__` would reach an object's prototype. */
export const isFieldName = (name: string): boolean => FIELD_NAME.test(name) && name !== '__proto__'

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
const REFERENCE = /&(?:(amp|lt|gt|quot|apos|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));)?/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Returns whether a text holds nothing but white space. */
const isBlank = (text: string): boolean => BLANK.test(text)

const notXml = (why: string): MalformedError => new MalformedError('NOT_XML', `Not an XML message: ${why}.`)

/** An element that is being read. */
interface Element {
  readonly name: string
  /** Its text and CDATA. */
  text: string
  /** The elements in it; undefined while there are none. */
  fields?: XmlFields
}

/**
 * Reads an APIv2 message: the fields of its root element. Every value is text, as it was sent: line breaks are not
 * normalised, because the signature covers them.
 *
 * Reads elements, text, references, CDATA, comments and an XML declaration. Attributes say nothing in APIv2 and are skipped.
 * It moves forward only, and whatever does not fit ends it, so that no text takes more than linear time.
 *
 * @param text at most 262,144 characters, 8,192 elements, 16 levels
 * @throws {MalformedError} `NOT_XML`: it is not well-formed, it exceeds a bound, or it has a DOCTYPE, a processing
 * instruction, text beside elements
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 * @example
 * ```ts
 * parseXml('<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>') // { return_code: 'SUCCESS' }
 * ```
 */
export function parseXml(text: string): XmlFields {
  if (typeof text !== 'string') throw notXml(`${kindOf(text)} instead of text`)
  if (text.length > MAX_CHARACTERS) throw notXml(`more than ${MAX_CHARACTERS} characters`)
  const open: Element[] = []
  let root: Element | undefined
  let elements = 0
  const addText = (piece: string): void => {
    const element = open.at(-1)
    if (element) element.text += piece
    else if (!isBlank(piece)) throw notXml('text outside the root')
  }
  let at = DECLARATION.exec(text)![0].length
  while (at < text.length) {
    if (text[at] !== '<') {
      const end = endOf('<', text, at)
      const between = text.slice(at, end)
      if (between.includes(']]>')) throw notXml('"]]>" in text')
      addText(decodeReferences(between))
      at = end
    } else if (text.startsWith('<!--', at)) {
      const dashes = endOf('--', text, at + 4)
      if (!text.startsWith('-->', dashes)) throw notXml(dashes < text.length ? '"--" within a comment' : 'cut short')
      at = dashes + 3
    } else if (text.startsWith('<![CDATA[', at)) {
      const end = endOf(']]>', text, at)
      if (end === text.length) throw notXml('cut short')
      if (open.length === 0) throw notXml('text outside the root')
      addText(text.slice(at + 9, end))
      at = end + 3
    } else {
      TAG.lastIndex = at
      const [tag, closing, opening, isEmpty] = TAG.exec(text) ?? refuseMarkup(text, at)
      decodeReferences(tag)
      if (opening) {
        if (!isFieldName(opening)) throw notXml(`a field "${printable(opening)}"`)
        if (open.length === 0 && elements > 0) throw notXml('a second root')
        if (++elements > MAX_ELEMENTS) throw notXml(`more than ${MAX_ELEMENTS} elements`)
        if (open.push({ name: opening, text: '' }) > MAX_LEVELS) throw notXml(`more than ${MAX_LEVELS} levels`)
      }
      const closed = isEmpty ? opening : closing
      if (closed) {
        root = open.pop()
        if (root?.name !== closed) throw notXml(`</${printable(closed)}> closes nothing`)
        addField(open.at(-1), closed, contentOf(root))
      }
      at += tag.length
    }
  }
  if (!root || open.length > 0) throw notXml(elements ? 'cut short' : 'no root')
  return root.fields ?? {}
}

/** Returns what an element holds: its elements, or its text. */
function contentOf({ name, text, fields }: Element): string | XmlFields {
  if (fields && !isBlank(text)) throw notXml(`text beside elements in <${printable(name)}>`)
  return fields ?? text
}

/** Adds a field to the element around it; a name that repeats makes a list. */
function addField(element: Element | undefined, name: string, value: string | XmlFields): void {
  if (!element) return
  element.fields ??= {}
  const before = Object.hasOwn(element.fields, name) ? element.fields[name] : undefined
  if (Array.isArray(before)) before.push(value)
  else element.fields[name] = before === undefined ? value : [before, value]
}

/** Returns where a piece begins, or where the text ends. */
function endOf(piece: string, text: string, from: number): number {
  const at = text.indexOf(piece, from)
  return at < 0 ? text.length : at
}

/** Replaces references by what they stand for. @throws {MalformedError} one stands for no character, or a `&` begins none */
const decodeReferences = (text: string): string =>
  text.replace(REFERENCE, (_, name?: string, decimal?: string, hex?: string) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16)
    const character = ENTITIES[name ?? ''] ?? (code <= 0x10ffff ? String.fromCodePoint(code) : '\0')
    if (NO_XML_CHARACTER.test(character)) throw notXml('a "&" without a reference')
    return character
  })

function refuseMarkup(text: string, at: number): never {
  if (text.startsWith('<!D', at)) throw notXml('a DOCTYPE')
  throw notXml(text[at + 1] === '?' ? 'a processing instruction' : 'a tag that is malformed or cut short')
}
