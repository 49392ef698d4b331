import { MINUTE } from '../../core/base/time.ts'
import { replaceFields } from '../../core/codec/fields.ts'
import { parseJson, stringifyJson } from '../../core/codec/json.ts'
import { encryptGcm } from '../../core/crypto/aes.ts'
import type { PublicKey } from '../../core/crypto/keys.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { encrypt } from '../../core/crypto/rsa.ts'
import { encryptedPaths } from '../catalogue/encrypted-paths.ts'
import { definitionOf } from '../catalogue/notification.ts'
import { rfc3339 } from '../clock/time.ts'
import { createRequestId } from '../http/request-id.ts'
import { signatureHeaders } from '../v3/signature.ts'
import { originalTypeOf, summaryOf } from './event-names.ts'
import { COMMON_HEADERS, type Envelope, type Message, type MessageContext } from './message.ts'
import type { Flaw } from './notification.ts'

const PROBE = 'WECHATPAY/SIGNTEST/'
/** Age of a notification that the merchant must refuse. */
const STALE_AGE = 10 * MINUTE

/**
 * Writes a notification of APIv3: encrypts the fields that its definition marks with the merchant's certificate, the whole resource
 * with the APIv3 key, and signs the body like a response. One of the brand API is written alike with the keys of the brand.
 */
export async function writeV3(
  { id, number, created, draft }: Envelope,
  context: MessageContext,
  flaw?: Flaw,
): Promise<Message> {
  const { signatureNow, crypto } = context
  const { platform, gcmKey, encryptionKey } = draft.api === 'brand' ? context.brandKeys! : context
  const { event, original_type = originalTypeOf(draft), summary = summaryOf(draft) } = draft
  // AES-GCM requires a nonce of 12 bytes.
  const parameters = { associated_data: original_type, nonce: nonce(crypto).slice(0, 12) }
  const body = JSON.stringify({
    id,
    create_time: rfc3339(created),
    resource_type: 'encrypt-resource',
    event_type: event,
    summary,
    resource: {
      original_type,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: await encryptGcm(await resourceOf(draft, encryptionKey, crypto), parameters, gcmKey, crypto),
      ...parameters,
    },
  })
  const time = signatureNow() - (flaw === 'stale' ? STALE_AGE : 0)
  const signature = await signatureHeaders(body, platform.notificationKey(number), time, crypto)
  if (flaw === 'probe') signature['Wechatpay-Signature'] = PROBE + signature['Wechatpay-Signature']!.slice(PROBE.length)
  if (flaw === 'unknown-serial') signature['Wechatpay-Serial'] = otherSerial(signature['Wechatpay-Serial']!)
  return {
    headers: {
      ...COMMON_HEADERS,
      'Content-Type': 'application/json',
      'Request-ID': createRequestId(crypto),
      ...(flaw !== 'unsigned' && signature),
    },
    // Leaves the encrypted resource intact, so that only the signature reveals the change.
    body: flaw === 'tampered' ? body.replace('"summary":"', '"summary":"!') : body,
  }
}

/** Changes the last digit of a serial, or of a public key's id. */
const otherSerial = (serial: string): string => serial.slice(0, -1) + (serial.endsWith('0') ? '1' : '0')

/**
 * Returns the text to encrypt. A resource that is JSON text stays byte for byte the same, unless a field in it is encrypted
 * separately.
 */
async function resourceOf(
  { api, event, resource }: Envelope['draft'],
  encryptionKey: PublicKey,
  crypto: Crypto,
): Promise<string> {
  const paths = encryptedPaths(definitionOf({ api, event })?.fields ?? [])
  if (paths.length === 0) return typeof resource === 'string' ? resource : JSON.stringify(resource)
  const plain = typeof resource === 'string' ? parseJson(resource) : resource
  return stringifyJson(
    await replaceFields(plain, paths, text => (text === '' ? text : encrypt(String(text), encryptionKey, crypto))),
  )
}
