import { parse, type TNode } from 'txml/txml'
import { CallError, MalformedError } from '../errors.ts'
import { type Scalar, scalarText } from './scalar.ts'

/** What an element holds: text, elements by name, or, where a name repeats, a list of them. */
export type XmlValue = string | XmlFields | (string | XmlFields)[]
export interface XmlFields {
  [name: string]: XmlValue
}
export type XmlInput = Scalar | XmlInputFields | readonly (Scalar | XmlInputFields)[] | null | undefined
export interface XmlInputFields {
  readonly [name: string]: XmlInput
}

/** APIv2 messages are flat and small; bills are not XML. */
const MOST_CHARACTERS = 2 ** 21
const MOST_LEVELS = 16

/**
 * Reads an APIv2 message: the fields of its root element. Every value is text, as the wire has it.
 *
 * txml is quick and takes anything; {@link refuseMalformed} goes first and lets nothing through that is not whole.
 *
 * @throws {MalformedError} `NOT_XML`
 */
export function parseXml(text: string): XmlFields {
  refuseMalformed(text)
  const nodes = parse(text, { noChildNodes: [], decodeEntities: true, keepWhitespace: true })
  const root = nodes.find((node): node is TNode => typeof node === 'object' && !node.tagName.startsWith('?'))!
  const fields = content(root)
  return typeof fields === 'object' ? fields : {}
}

function content({ children, tagName }: TNode): string | XmlFields {
  const elements = children.filter((child): child is TNode => typeof child === 'object')
  const text = children.filter(child => typeof child === 'string').join('')
  if (elements.length === 0) return text
  if (text.trim()) throw notXml(`text beside elements in <${tagName}>`)
  const fields: XmlFields = {}
  for (const element of elements) {
    const value = content(element)
    const before = Object.hasOwn(fields, element.tagName) ? fields[element.tagName] : undefined
    if (Array.isArray(before)) before.push(value)
    else fields[element.tagName] = before === undefined ? value : [before, value]
  }
  return fields
}

/** A CDATA section, a comment, a processing instruction, a tag; failing these, the `<` that begins none of them. */
const MARKUP = /<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.-]*)(?:\s[^<>]*?)?(\/?)>|</g
/** Names that txml reads its own way, or that would reach an object's prototype. None is a field of WeChat Pay's. */
const REFUSED = new Set(['script', 'style', '__proto__'])

function refuseMalformed(text: string): void {
  if (text.length > MOST_CHARACTERS) throw notXml(`more than ${MOST_CHARACTERS} characters`)
  const open: string[] = []
  let roots = 0
  let end = 0
  const refuseOutside = (between: string) => {
    if (open.length === 0 && between.trim()) throw notXml('text outside the root')
  }
  for (const { 0: token, 1: closing, 2: name, 3: empty, index } of text.matchAll(MARKUP)) {
    refuseOutside(text.slice(end, index))
    end = index + token.length
    if (token === '<') throw notXml(text.startsWith('<!D', index) ? 'a DOCTYPE' : 'cut short')
    if (name === undefined) {
      if (token.startsWith('<![')) refuseOutside(token)
    } else if (closing) {
      if (open.pop() !== name) throw notXml(`</${name}> closes nothing`)
    } else {
      if (REFUSED.has(name)) throw notXml(`a field "${name}"`)
      if (open.length === 0 && ++roots > 1) throw notXml('a second root')
      if (!empty && open.push(name) > MOST_LEVELS) throw notXml(`more than ${MOST_LEVELS} levels`)
    }
  }
  refuseOutside(text.slice(end))
  if (roots === 0 || open.length > 0) throw notXml(roots ? 'cut short' : 'no root')
}

const notXml = (why: string) => new MalformedError('NOT_XML', `Not an XML message: ${why}.`)

/**
 * Writes an APIv2 message. `null` and `undefined` are left out, a list repeats its name.
 *
 * @param fields by name
 * @param root the name of the root element
 * @throws {CallError} `BODY_INVALID`: a name or a character that XML has no form for
 */
export function stringifyXml(fields: XmlInputFields, root = 'xml'): string {
  return `<${root}>${Object.entries(fields).map(write).join('')}</${root}>`
}

const NAME = /^[A-Za-z_][\w.-]*$/
/** XML 1.0, 2.2: these characters have no form, not even as a reference. */
const NO_XML_CHARACTER =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

function write([name, value]: [string, XmlInput | readonly XmlInput[]]): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(member => write([name, member])).join('')
  if (!NAME.test(name) || REFUSED.has(name)) throw invalid(name, 'no name of an XML field')
  if (typeof value === 'object') return stringifyXml(value as XmlInputFields, name)
  const text = scalarText(value, name, 'BODY_INVALID')
  if (NO_XML_CHARACTER.test(text)) throw invalid(name, 'XML has no form for a character in it')
  return `<${name}>${escapeXml(text)}</${name}>`
}

const invalid = (name: string, why: string) => new CallError('BODY_INVALID', name, why)

/** `\r` too: an XML parser turns a bare one into `\n` (XML 1.0, 2.11), and the signature no longer fits. */
const escapeXml = (text: string): string => text.replace(/[&<>\r]/g, character => ESCAPES[character]!)
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }
