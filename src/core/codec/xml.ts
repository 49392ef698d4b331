import { invalidBody } from '../base/errors.ts'
import { type Scalar, scalarText } from './scalar.ts'
import { isFieldName, MAX_LEVELS, NO_XML_CHARACTER, readRoot, type XmlFields } from './xml-parser.ts'

export type { XmlFields, XmlValue } from './xml-parser.ts'

export type XmlInput = Scalar | XmlInputFields | readonly (Scalar | XmlInputFields)[] | null | undefined
export interface XmlInputFields {
  readonly [name: string]: XmlInput
}

/**
 * Reads an APIv2 message: the fields of its root element. Every value is text as it was sent: line breaks are not
 * normalized, because the signature covers them.
 *
 * Reads elements, text, references, CDATA, comments and an XML declaration. Attributes have no meaning in APIv2 and are
 * skipped.
 *
 * @param text at most 262,144 characters, 8,192 elements, 16 levels
 * @throws {MalformedError} `NOT_XML`: it is not well-formed, exceeds a limit, or contains a DOCTYPE, a processing
 * instruction, or text beside elements
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 * @example
 * ```ts
 * parseXml('<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>') // { return_code: 'SUCCESS' }
 * ```
 */
export function parseXml(text: string): XmlFields {
  const fields = readRoot(text)
  return typeof fields === 'object' ? fields : {}
}

/**
 * Writes the fields of an APIv2 message that a client sends, which are text.
 *
 * @throws {CallError} `BODY_INVALID`: a name or a character that XML cannot represent
 */
export const stringifyFields = (fields: Readonly<Record<string, string>>): string =>
  `<xml>${Object.entries(fields)
    .map(([name, text]) => writeText(name, text))
    .join('')}</xml>`

function writeText(name: string, text: string): string {
  requireFieldName(name)
  if (NO_XML_CHARACTER.test(text)) throw invalidBody(name, 'has a character that XML cannot hold')
  return `<${name}>${escapeXml(text)}</${name}>`
}

function requireFieldName(name: string): void {
  if (!isFieldName(name)) throw invalidBody(name, 'not an XML name')
}

/**
 * Writes an APIv2 message. `null` and `undefined` are omitted, a list repeats its name.
 *
 * @param fields by name; at most 16 levels, as many as {@link parseXml} reads
 * @param root the name of the root element
 * @throws {CallError} `BODY_INVALID`: a name or a character that XML cannot represent, more levels, a circular reference
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 * @example
 * ```ts
 * stringifyXml({ return_code: 'SUCCESS' }) // '<xml><return_code>SUCCESS</return_code></xml>'
 * ```
 */
export const stringifyXml = (fields: XmlInputFields, root = 'xml'): string => writeElement(root, fields, 1)

const writeElement = (name: string, fields: XmlInputFields, level: number): string =>
  `<${name}>${Object.entries(fields)
    .map(([field, value]) => writeField(field, value, level + 1))
    .join('')}</${name}>`

function writeField(name: string, value: XmlInput | readonly XmlInput[], level: number): string {
  if (value === null || value === undefined) return ''
  requireFieldName(name)
  if (level > MAX_LEVELS) throw invalidBody(name, `more than ${MAX_LEVELS} levels, or a circular reference`)
  if (Array.isArray(value)) return value.map(member => writeField(name, plainMember(name, member), level)).join('')
  if (typeof value === 'object') return writeElement(name, value as XmlInputFields, level)
  return writeText(name, scalarText(value, name, 'BODY_INVALID'))
}

function plainMember<T>(name: string, member: T): T {
  if (Array.isArray(member)) throw invalidBody(name, 'a list within a list')
  return member
}

/**
 * Escapes `\r` too: an XML parser replaces a bare one with `\n` (XML 1.0, 2.11), which would invalidate the signature.
 */
const escapeXml = (text: string): string => text.replace(/[&<>\r]/g, character => ESCAPES[character]!)
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }
