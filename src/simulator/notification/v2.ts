import { parseJson } from '../../core/codec/json.ts'
import { encryptEcb, encryptGcm } from '../../core/crypto/aes.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { definitionOf, type NotificationDefinition } from '../catalogue/notification.ts'
import { compactTime } from '../clock/time.ts'
import { type ResponseFields, signedParams, toXmlFields, writeMessage } from '../v2/message.ts'
import { sign } from '../v2/signature.ts'
import { COMMON_HEADERS, type Envelope, type Message, type MessageContext } from './message.ts'
import type { Flaw } from './notification.ts'

/**
 * Writes an APIv2 notification: a signed XML message; for a refund, one whose `req_info` is encrypted instead; for the
 * rent products (`CHECK.SUCCESS` …), signed JSON with an encrypted resource.
 */
export async function writeV2(envelope: Envelope, context: MessageContext, flaw?: Flaw): Promise<Message> {
  const { event } = envelope.draft
  const isJson = /^[A-Z_]+\.[A-Z_]+$/.test(event)
  const write = event === 'refund-processed' ? writeRefund : isJson ? writeJson : writeXml
  const body = await write(envelope, context)
  const type = isJson ? 'application/json' : 'text/xml; charset=utf-8'
  return { headers: { ...COMMON_HEADERS, 'Content-Type': type }, body: withFlaw(body, flaw) }
}

async function writeXml({ draft }: Envelope, context: MessageContext): Promise<string> {
  const definition = definitionOf(draft)
  const { sign_type = definition?.sign_type ?? 'MD5' } = draft
  const common = { return_code: 'SUCCESS', result_code: 'SUCCESS', ...identity(context), sign_type }
  const fields = toXmlFields({
    ...Object.fromEntries(Object.entries(common).filter(([name]) => hasField(name, definition))),
    // A missing `sign_type` means MD5, unless the definition requires it.
    ...(sign_type !== 'MD5' && { sign_type }),
    ...fieldsOf(draft),
  })
  return writeMessage({ ...fields, sign: await sign(signedParams(fields), sign_type, context) })
}

/** Returns whether a message has one of the common fields. Without a definition, it has all but `sign_type`. */
const hasField = (name: string, definition: NotificationDefinition | undefined): boolean =>
  definition ? definition.fields.some(field => field.name === name) : name !== 'sign_type'

/** Writes an unsigned message: only WeChat Pay can encrypt `req_info` with the merchant's key. */
async function writeRefund({ draft }: Envelope, context: MessageContext): Promise<string> {
  const req_info = await encryptEcb(writeMessage(toXmlFields(fieldsOf(draft)), 'root'), context.ecbKey, context.crypto)
  return writeMessage({ return_code: 'SUCCESS', ...identity(context), req_info })
}

async function writeJson({ id, created, draft }: Envelope, context: MessageContext): Promise<string> {
  const { event, resource } = draft
  const parameters = { nonce: nonce(context.crypto).slice(0, 12), associated_data: 'transaction' }
  const plaintext = typeof resource === 'string' ? resource : JSON.stringify(resource)
  const params = {
    ...identity(context),
    algorithm: 'HMAC-SHA256',
    event_id: id,
    event_create_time: compactTime(created),
    event_type: event,
    event_algorithm: 'AEAD_AES_256_GCM',
    event_nonce: parameters.nonce,
    event_associated_data: parameters.associated_data,
    event_ciphertext: await encryptGcm(plaintext, parameters, context.gcmKey, context.crypto),
  }
  return JSON.stringify({ ...params, sign: await sign(params, 'HMAC-SHA256', context) })
}

const identity = ({ merchant, crypto }: MessageContext) => ({
  appid: merchant.appid,
  mch_id: merchant.mchid,
  nonce_str: nonce(crypto),
})

const fieldsOf = ({ resource }: Envelope['draft']): ResponseFields =>
  (typeof resource === 'string' ? parseJson(resource) : resource) as ResponseFields

const withFlaw = (body: string, flaw: Flaw | undefined): string => {
  if (flaw === 'unsigned') return body.replace(/<sign>.*<\/sign>|,"sign":"[^"]*"/, '')
  return flaw ? tamper(body) : body
}

/** Places at which a message can be changed, in order of preference. */
const TAMPERING_PLACES = [
  /<total_fee><!\[CDATA\[/,
  /<req_info><!\[CDATA\[/,
  /<nonce_str><!\[CDATA\[/,
  /"event_id":"/,
  /<sign><!\[CDATA\[/,
]

/** Changes the first character of the amount, of the encrypted part, or of a field that every message has. */
function tamper(body: string): string {
  const place = TAMPERING_PLACES.map(pattern => pattern.exec(body)).find(Boolean)!
  const at = place.index + place[0].length
  return `${body.slice(0, at)}${body[at] === '2' ? '3' : '2'}${body.slice(at + 1)}`
}
