import { v2Sign } from '../simulator/node-client.ts'

export type XmlValue = string | readonly XmlValue[] | { readonly [name: string]: XmlValue }

/** An APIv2 message; a list repeats its name. */
export const writeXml = (fields: XmlValue, root = 'xml'): string => {
  if (typeof fields === 'string') return `<${root}><![CDATA[${fields}]]></${root}>`
  if (Array.isArray(fields)) return fields.map(one => writeXml(one, root)).join('')
  const members = Object.entries(fields).map(([name, value]) => writeXml(value, name))
  return `<${root}>${members.join('')}</${root}>`
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", '#13': '\r' }

/** A flat message. */
export const readXml = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name, value]) => [
      name,
      value!.replace(/&([#\w]+);/g, (_, entity: string) => ENTITIES[entity]!),
    ]),
  )

/** Whether `sign` fits; its length tells how it was made, where nothing else does. */
export function isSignedBy(key: string, fields: Record<string, string>): boolean {
  const type = fields.sign_type ?? (fields.sign?.length === 64 ? 'HMAC-SHA256' : 'MD5')
  return fields.sign === v2Sign(fields, key, type)
}
