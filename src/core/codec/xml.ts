import { CallError } from '../errors.ts'
import { type Scalar, scalarText } from './scalar.ts'
import { isFieldName, MAX_LEVELS, NO_XML_CHARACTER } from './xml-parser.ts'

export { parseXml, type XmlFields, type XmlValue } from './xml-parser.ts'

export type XmlInput = Scalar | XmlInputFields | readonly (Scalar | XmlInputFields)[] | null | undefined
export interface XmlInputFields {
  readonly [name: string]: XmlInput
}

/**
 * Writes an APIv2 message. `null` and `undefined` are left out, a list repeats its name.
 *
 * @param fields by name; at most 16 levels, which {@link parseXml} reads
 * @param root the name of the root element
 * @throws {CallError} `BODY_INVALID`: a name or a character that XML has no form for, more levels, an object within itself
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 * @example
 * ```ts
 * stringifyXml({ return_code: 'SUCCESS' }) // '<xml><return_code>SUCCESS</return_code></xml>'
 * ```
 */
export const stringifyXml = (fields: XmlInputFields, root = 'xml'): string => writeElement(root, fields, 1)

const writeElement = (name: string, fields: XmlInputFields, level: number): string =>
  `<${name}>${Object.entries(fields)
    .map(([field, value]) => write(field, value, level + 1))
    .join('')}</${name}>`

function write(name: string, value: XmlInput | readonly XmlInput[], level: number): string {
  if (value === null || value === undefined) return ''
  if (!isFieldName(name)) throw invalid(name, 'no name of an XML field')
  if (level > MAX_LEVELS) throw invalid(name, `more than ${MAX_LEVELS} levels, or an object within itself`)
  if (Array.isArray(value)) return value.map(member => write(name, plainMember(name, member), level)).join('')
  if (typeof value === 'object') return writeElement(name, value as XmlInputFields, level)
  const text = scalarText(value, name, 'BODY_INVALID')
  if (NO_XML_CHARACTER.test(text)) throw invalid(name, 'XML has no form for a character in it')
  return `<${name}>${escapeXml(text)}</${name}>`
}

function plainMember<T>(name: string, member: T): T {
  if (Array.isArray(member)) throw invalid(name, 'a list within a list')
  return member
}

const invalid = (name: string, why: string) => new CallError('BODY_INVALID', name, why)

/** `\r` too: an XML parser turns a bare one into `\n` (XML 1.0, 2.11), and the signature no longer fits. */
const escapeXml = (text: string): string => text.replace(/[&<>\r]/g, character => ESCAPES[character]!)
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }
