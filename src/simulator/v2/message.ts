import { parseXml } from '../../core/codec/xml.ts'
import type { Params } from './signature.ts'

/** Characters that XML cannot represent, and `\r`, which an XML parser changes. Responses leave them out. */
const CONTROL = /[\0-\x08\x0b-\x1f\ufffe\uffff]/g

/** @returns the parameters of a message; undefined if the text is not XML, or has nested elements */
export function readMessage(text: string): Params | undefined {
  try {
    const fields = parseXml(text)
    return Object.values(fields).every(value => typeof value === 'string') ? (fields as Params) : undefined
  } catch {
    return undefined
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
export function toXmlFields(fields: Readonly<Record<string, string | number | undefined>>): Params
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
export const signedParams = (fields: XmlFields): Params =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
