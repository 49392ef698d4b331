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

/** A message of CDATA, as the service writes it. */
export const writeMessage = (params: Params): string =>
  `<xml>${Object.entries(params)
    .map(([name, value]) => `<${name}><![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]></${name}>`)
    .join('\n')}</xml>`

/** A message's values as they can be written, so that what is signed is what is read. */
export const writable = (fields: Readonly<Record<string, string | number | undefined>>): Params =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value).replace(CONTROL, '')]],
    ),
  )
