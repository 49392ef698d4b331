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
export type Answered = string | number | bigint | boolean | undefined | AnsweredFields | readonly Answered[]
export interface AnsweredFields {
  readonly [name: string]: Answered
}

/** What is written: text, or elements within. */
export type Written = string | WrittenFields | readonly Written[]
export interface WrittenFields {
  readonly [name: string]: Written
}

/** A message of CDATA, as the service writes it. */
export const writeMessage = (fields: WrittenFields, root = 'xml'): string => `<${root}>${elements(fields)}</${root}>`

const elements = (fields: WrittenFields): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => [value].flat().map(one => `<${name}>${content(one as Written)}</${name}>`))
    .join('\n')

const content = (value: Written): string =>
  typeof value === 'string'
    ? `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
    : elements(value as WrittenFields)

/** A message's values as they can be written, so that what is signed is what is read. */
export function writable(fields: Readonly<Record<string, string | number | undefined>>): Params
export function writable(fields: AnsweredFields): WrittenFields
export function writable(fields: AnsweredFields): WrittenFields {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, written(value)]))
}

function written(value: Answered): Written {
  if (Array.isArray(value)) return value.map(written)
  return typeof value === 'object' ? writable(value as AnsweredFields) : String(value).replace(CONTROL, '')
}

/** What of a message is signed: its texts. */
export const signable = (fields: WrittenFields): Params =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
