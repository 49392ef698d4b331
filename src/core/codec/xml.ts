import { parse, type TNode } from 'txml/txml'
import { CallError, MalformedError } from '../errors.ts'

export type XmlScalar = string | number | bigint | boolean
/** What an element holds: text, elements by name, or, where a name repeats, a list of them. */
export type XmlValue = string | XmlFields | (string | XmlFields)[]
export interface XmlFields {
  [name: string]: XmlValue
}
export type XmlInput = XmlScalar | XmlInputFields | readonly (XmlScalar | XmlInputFields)[] | null | undefined
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
  if (text.trim()) throw notXml(`<${tagName}> holds both text and elements`)
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
  if (text.length > MOST_CHARACTERS) throw notXml(`it has more than ${MOST_CHARACTERS} characters`)
  const open: string[] = []
  let roots = 0
  let end = 0
  for (const { 0: token, 1: closing, 2: name, 3: empty, index } of text.matchAll(MARKUP)) {
    if (open.length === 0 && text.slice(end, index).trim()) throw notXml('there is text outside the root element')
    end = index + token.length
    if (token === '<') throw notXml(text.startsWith('<!DOCTYPE', index) ? 'a DOCTYPE is refused' : 'it is cut short')
    if (name === undefined) {
      if (token.startsWith('<![') && open.length === 0) throw notXml('there is text outside the root element')
      continue
    }
    if (closing) {
      if (open.pop() !== name) throw notXml(`</${name}> closes nothing`)
      continue
    }
    if (REFUSED.has(name)) throw notXml(`a field called "${name}" is refused`)
    if (open.length === 0 && ++roots > 1) throw notXml('it has a second root element')
    if (empty) continue
    if (open.push(name) > MOST_LEVELS) throw notXml(`it nests more than ${MOST_LEVELS} levels`)
  }
  if (roots === 0) throw notXml('it has no root element')
  if (open.length > 0) throw notXml('it is cut short')
  if (text.slice(end).trim()) throw notXml('there is text outside the root element')
}

const notXml = (why: string) => new MalformedError('NOT_XML', `This is not an XML message: ${why}.`)

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
  if (!NAME.test(name) || REFUSED.has(name))
    throw new CallError('BODY_INVALID', name, `"${name}" cannot be the name of an XML field.`)
  if (typeof value === 'object') return stringifyXml(value as XmlInputFields, name)
  if (
    typeof value === 'number' &&
    !(Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)))
  )
    throw new CallError(
      'BODY_INVALID',
      name,
      `"${name}" is ${value}, which a number does not hold exactly. Give a bigint or text.`,
    )
  const text = String(value)
  if (NO_XML_CHARACTER.test(text))
    throw new CallError(
      'BODY_INVALID',
      name,
      `"${name}" holds a control character or half a surrogate pair, for which XML has no form.`,
    )
  return `<${name}>${escapeXml(text)}</${name}>`
}

/** `\r` too: an XML parser turns a bare one into `\n` (XML 1.0, 2.11), and the signature no longer fits. */
const escapeXml = (text: string): string => text.replace(/[&<>\r]/g, character => ESCAPES[character]!)
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }
