import { parseXml } from '../../core/codec/xml.ts'
import type { Params } from './signature.ts'

/** XML has no form for these, and an XML parser makes another character of `\r`: no answer may echo them. */
const CONTROL = /[\0-\x08\x0b-\x1f\ufffe\uffff]/g

/** @returns undefined when it is no APIv2 message: not XML, or not flat */
export function readMessage(text: string): Params | undefined {
  try {
    const fields = parseXml(text)
    return Object.values(fields).every(value => typeof value === 'string') ? (fields as Params) : undefined
  } catch {
    return undefined
  }
}

/** What may stand in an answer. A few hold elements within elements: `hblist`. */
export type ResponseValue = string | number | bigint | boolean | undefined | ResponseFields | readonly ResponseValue[]
export interface ResponseFields {
  readonly [name: string]: ResponseValue
}

/** What is written: text, or elements within. */
export type XmlValue = string | XmlFields | readonly XmlValue[]
export interface XmlFields {
  readonly [name: string]: XmlValue
}

/** A message of CDATA, as the service writes it. */
export const writeMessage = (fields: XmlFields, root = 'xml'): string => `<${root}>${elements(fields)}</${root}>`

const elements = (fields: XmlFields): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => [value].flat().map(one => `<${name}>${content(one as XmlValue)}</${name}>`))
    .join('\n')

const content = (value: XmlValue): string =>
  typeof value === 'string' ? `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>` : elements(value as XmlFields)

/** A message's values as they can be written, so that what is signed is what is read. */
export function toXmlFields(fields: Readonly<Record<string, string | number | undefined>>): Params
export function toXmlFields(fields: ResponseFields): XmlFields
export function toXmlFields(fields: ResponseFields): XmlFields {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, toXmlValue(value)]))
}

function toXmlValue(value: ResponseValue): XmlValue {
  if (Array.isArray(value)) return value.map(toXmlValue)
  return typeof value === 'object' ? toXmlFields(value as ResponseFields) : String(value).replace(CONTROL, '')
}

/** What of a message is signed: its texts. */
export const signedParams = (fields: XmlFields): Params =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
