import { parseJson } from '../../core/codec/json.ts'
import { sealEcb, sealGcm } from '../../core/crypto/aes.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { definitionOf, type NotificationDefinition } from '../catalogue/notification.ts'
import { compact } from '../clock/time.ts'
import { type AnsweredFields, signable, writable, writeMessage } from '../v2/message.ts'
import { sign } from '../v2/signature.ts'
import { type Envelope, type Flaw, HEADERS, type Message, type Writer } from './message.ts'

/**
 * An APIv2 notification: a signed XML message, for a refund one whose `req_info` is sealed instead, and for the rent
 * products (`CHECK.SUCCESS` …) signed JSON with a sealed resource.
 */
export async function writeV2(envelope: Envelope, world: Writer, flaw?: Flaw): Promise<Message> {
  const { event } = envelope.announcement
  const isJson = /^[A-Z_]+\.[A-Z_]+$/.test(event)
  const write = event === 'refund-processed' ? writeRefund : isJson ? writeJson : writeXml
  const body = await write(envelope, world)
  const type = isJson ? 'application/json' : 'text/xml; charset=utf-8'
  return { headers: { ...HEADERS, 'Content-Type': type }, body: flaw ? tampered(body) : body }
}

async function writeXml({ announcement }: Envelope, world: Writer): Promise<string> {
  const definition = definitionOf(announcement)
  const { sign_type = definition?.sign_type ?? 'MD5' } = announcement
  const common = { return_code: 'SUCCESS', result_code: 'SUCCESS', ...identity(world), sign_type }
  const fields = writable({
    ...Object.fromEntries(Object.entries(common).filter(([name]) => isDue(name, definition))),
    // Where the definition does not ask for it, no `sign_type` means MD5.
    ...(sign_type !== 'MD5' && { sign_type }),
    ...fieldsOf(announcement),
  })
  return writeMessage({ ...fields, sign: await sign(signable(fields), sign_type, world) })
}

/** Whether a field that stands in most messages stands in this one. */
const isDue = (name: string, definition: NotificationDefinition | undefined): boolean =>
  definition ? definition.fields.some(field => field.name === name) : name !== 'sign_type'

/** Not signed: whoever can open `req_info` knows that it comes from WeChat Pay. */
async function writeRefund({ announcement }: Envelope, world: Writer): Promise<string> {
  const req_info = await sealEcb(writeMessage(writable(fieldsOf(announcement)), 'root'), world.ecbKey, world.crypto)
  return writeMessage({ return_code: 'SUCCESS', ...identity(world), req_info })
}

async function writeJson({ id, created, announcement }: Envelope, world: Writer): Promise<string> {
  const { event, resource } = announcement
  const open = { nonce: nonce(world.crypto).slice(0, 12), associated_data: 'transaction' }
  const plain = typeof resource === 'string' ? resource : JSON.stringify(resource)
  const params = {
    ...identity(world),
    algorithm: 'HMAC-SHA256',
    event_id: id,
    event_create_time: compact(created),
    event_type: event,
    event_algorithm: 'AEAD_AES_256_GCM',
    event_nonce: open.nonce,
    event_associated_data: open.associated_data,
    event_ciphertext: await sealGcm(plain, open, world.gcmKey, world.crypto),
  }
  return JSON.stringify({ ...params, sign: await sign(params, 'HMAC-SHA256', world) })
}

const identity = ({ merchant, crypto }: Writer) => ({
  ...{ appid: merchant.appid, mch_id: merchant.mchid },
  nonce_str: nonce(crypto),
})

const fieldsOf = ({ resource }: Envelope['announcement']): AnsweredFields =>
  (typeof resource === 'string' ? parseJson(resource) : resource) as AnsweredFields

const PLACES = [
  /<total_fee><!\[CDATA\[/,
  /<req_info><!\[CDATA\[/,
  /<nonce_str><!\[CDATA\[/,
  /"event_id":"/,
  /<sign><!\[CDATA\[/,
]

/** The amount where there is one, what is sealed, or what every message has: its first character is another. */
function tampered(body: string): string {
  const place = PLACES.map(pattern => pattern.exec(body)).find(Boolean)!
  const at = place.index + place[0].length
  return `${body.slice(0, at)}${body[at] === '2' ? '3' : '2'}${body.slice(at + 1)}`
}
