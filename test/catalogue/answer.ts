import { createSign, randomUUID } from 'node:crypto'
import type { Endpoint } from '../../scripts/generate/endpoint.ts'
import { v2Sign } from '../simulator/node-client.ts'
import type { Credentials } from './credentials.ts'
import { given, type ObjectSample, type Sample } from './sample.ts'
import { encryptFor } from './sample-faults.ts'
import { writeXml, type XmlValue } from './v2-message.ts'

/** The sample as WeChat Pay would answer it, encrypted for the merchant and signed; and what the caller is to get. */
export function answerOf(
  { api, response }: Endpoint,
  sample: ObjectSample,
  credentials: Credentials,
): { response: Response; due: unknown } {
  const encrypt = (text: string) => encryptFor(credentials.merchantPublicKey, text)
  if (response.kind === 'xml') return signedXml(sample, encrypt, credentials)
  const body = JSON.stringify(wireOf(sample, encrypt))
  const headers = { 'content-type': 'application/json', ...(api !== 'v2' && signatureOf(body, credentials)) }
  return { response: new Response(body, { headers }), due: given(sample) }
}

function signatureOf(body: string, { platformPrivateKey, platformKeyId }: Credentials): Record<string, string> {
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomUUID()]
  const signature = createSign('RSA-SHA256')
    .update(`${timestamp}\n${nonce}\n${body}\n`)
    .sign(platformPrivateKey, 'base64')
  return {
    'wechatpay-serial': platformKeyId,
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-signature': signature,
  }
}

/** The sample as JSON has it on the wire. */
function wireOf(sample: Sample, encrypt: (text: string) => string): unknown {
  switch (sample.kind) {
    case 'encrypted':
      return encrypt(sample.value)
    case 'text':
      return JSON.stringify(wireOf(sample.content, encrypt))
    case 'list':
      return sample.members.map(member => wireOf(member, encrypt))
    case 'object':
      return Object.fromEntries(Object.entries(sample.members).map(([name, member]) => [name, wireOf(member, encrypt)]))
    default:
      return sample.value
  }
}

function signedXml(
  { members }: ObjectSample,
  encrypt: (text: string) => string,
  { merchant }: Credentials,
): ReturnType<typeof answerOf> {
  const { sign, ...others } = members
  const unsigned: ObjectSample = { kind: 'object', members: others }
  const fields = xmlOf(unsigned, encrypt) as Record<string, XmlValue>
  if (!sign) return { response: xmlResponse(fields), due: textsOf(unsigned) }
  const texts = Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const signature = v2Sign(Object.fromEntries(texts), merchant.apiv2Key!, 'HMAC-SHA256')
  return {
    response: xmlResponse({ ...fields, sign: signature }),
    due: { ...(textsOf(unsigned) as object), sign: signature },
  }
}

const xmlResponse = (fields: Readonly<Record<string, XmlValue>>): Response =>
  new Response(writeXml(fields), { headers: { 'content-type': 'text/xml' } })

/** The sample as XML has it: elements, and texts. */
function xmlOf(sample: Sample, encrypt: (text: string) => string): XmlValue {
  switch (sample.kind) {
    case 'list':
      return sample.members.map(member => xmlOf(member, encrypt))
    case 'object':
      return Object.fromEntries(Object.entries(sample.members).map(([name, member]) => [name, xmlOf(member, encrypt)]))
    default:
      return String(wireOf(sample, encrypt))
  }
}

/** Returns a sample as the caller gets it from XML: every value is text, except the content of a text. */
function textsOf(sample: Sample): unknown {
  switch (sample.kind) {
    case 'plain':
      return String(sample.value)
    case 'list':
      return sample.members.map(textsOf)
    case 'object':
      return Object.fromEntries(Object.entries(sample.members).map(([name, member]) => [name, textsOf(member)]))
    default:
      return given(sample)
  }
}

/** Where a value is not what is due, one a line. */
export function unlike(value: unknown, due: unknown, at: string): string[] {
  if (typeof due !== 'object' || due === null || typeof value !== 'object' || value === null)
    return Object.is(value, due) ? [] : [`${at}: ${JSON.stringify(value)} for ${JSON.stringify(due)}`]
  const names = new Set([...Object.keys(value), ...Object.keys(due)])
  return [...names].flatMap(name => unlike(Reflect.get(value, name), Reflect.get(due, name), `${at}.${name}`))
}
