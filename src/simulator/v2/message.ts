import { parse, type TNode } from 'txml/txml'
import { parseXml } from '../../core/codec/xml.ts'
import type { MessageParams } from './signature.ts'

/** Characters that XML cannot represent, and `\r`, which an XML parser changes. Responses leave them out. */
const CONTROL = /[\0-\x08\x0b-\x1f\ufffe\uffff]/g

/**
 * Reads the parameters of a message. The client's codec only refuses what is not XML: their values are read by another
 * parser, so that a mistake of the codec does not hide here.
 *
 * @returns undefined if the text is not XML, or has nested elements
 */
export function readMessage(text: string): MessageParams | undefined {
  if (!isXml(text)) return undefined
  const root = elementsOf(parse(text, { noChildNodes: [], decodeEntities: true, keepWhitespace: true })).at(-1)
  const params = elementsOf(root?.children ?? [])
  const names = new Set(params.map(({ tagName }) => tagName))
  if (names.size < params.length || params.some(({ children }) => elementsOf(children).length > 0)) return undefined
  return Object.fromEntries(params.map(({ tagName, children }) => [tagName, children.join('')]))
}

const elementsOf = (nodes: readonly (TNode | string)[]): TNode[] =>
  nodes.filter((node): node is TNode => typeof node === 'object')

function isXml(text: string): boolean {
  try {
    parseXml(text)
    return true
  } catch {
    return false
  }
}

/** A value in a response. A few have nested elements: `hblist`. */
export type ResponseValue = string | number | bigint | boolean | undefined | ResponseFields | readonly ResponseValue[]
export interface ResponseFields {
  readonly [name: string]: ResponseValue
}

/** A value in XML: text, or nested elements. */
export type XmlValue = string | XmlFields | readonly XmlValue[]
export interface XmlFields {
  readonly [name: string]: XmlValue
}

/** Writes a message with CDATA, as WeChat Pay does. */
export const writeMessage = (fields: XmlFields, root = 'xml'): string => `<${root}>${elements(fields)}</${root}>`

const elements = (fields: XmlFields): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => [value].flat().map(member => `<${name}>${content(member as XmlValue)}</${name}>`))
    .join('\n')

const content = (value: XmlValue): string =>
  typeof value === 'string' ? `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>` : elements(value as XmlFields)

/** Converts values to text that XML can represent, so that the signed text is what the client reads. */
export function toXmlFields(fields: Readonly<Record<string, string | number | undefined>>): MessageParams
export function toXmlFields(fields: ResponseFields): XmlFields
export function toXmlFields(fields: ResponseFields): XmlFields {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present.map(([name, value]) => [name, toXmlValue(value)]))
}

function toXmlValue(value: ResponseValue): XmlValue {
  if (Array.isArray(value)) return value.map(toXmlValue)
  return typeof value === 'object' ? toXmlFields(value as ResponseFields) : String(value).replace(CONTROL, '')
}

/** Returns the part of a message that is signed: its text fields. */
export const signedParams = (fields: XmlFields): MessageParams =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
