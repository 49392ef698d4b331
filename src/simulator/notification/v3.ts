import { replaceFields } from '../../core/codec/fields.ts'
import { parseJson, stringifyJson } from '../../core/codec/json.ts'
import { sealGcm } from '../../core/crypto/aes.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { seal } from '../../core/crypto/rsa.ts'
import { sealedPaths } from '../catalogue/encrypted-paths.ts'
import { definitionOf } from '../catalogue/notification.ts'
import { rfc3339 } from '../clock/time.ts'
import { signatureHeaders } from '../v3/signature.ts'
import { originalTypeOf, summaryOf } from './event-names.ts'
import { type Envelope, type Flaw, HEADERS, type Message, type Writer } from './message.ts'

const PROBE = 'WECHATPAY/SIGNTEST/'
const STALE = 10 * 60 * 1000

/**
 * An APIv3 notification: what its definition has sealed is sealed for the merchant's certificate, all of its resource with
 * the APIv3 key, and the whole is signed as an answer is.
 */
export async function writeV3(
  { id, number, created, announcement }: Envelope,
  world: Writer,
  flaw?: Flaw,
): Promise<Message> {
  const { platform, gcmKey, wall, crypto } = world
  const { event, original_type = originalTypeOf(event), summary = summaryOf(event) } = announcement
  // 12 bytes, the nonce of AES-GCM.
  const open = { associated_data: original_type, nonce: nonce(crypto).slice(0, 12) }
  const body = JSON.stringify({
    id,
    create_time: rfc3339(created),
    resource_type: 'encrypt-resource',
    event_type: event,
    summary,
    resource: {
      original_type,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: await sealGcm(await resourceOf(announcement, world), open, gcmKey, crypto),
      ...open,
    },
  })
  const time = wall() - (flaw === 'stale' ? STALE : 0)
  const signature = await signatureHeaders(body, platform.announcer(number), time, crypto)
  if (flaw === 'probe') signature['Wechatpay-Signature'] = PROBE + signature['Wechatpay-Signature']!.slice(PROBE.length)
  return {
    headers: { ...HEADERS, 'Content-Type': 'application/json', ...signature },
    // What is sealed stays as it was: only the signature tells.
    body: flaw === 'tampered' ? body.replace('"summary":"', '"summary":"!') : body,
  }
}

/** As it is sealed: its text, to the byte where nothing in it is sealed by itself. */
async function resourceOf({ event, resource }: Envelope['announcement'], { sealKey, crypto }: Writer): Promise<string> {
  const paths = sealedPaths(definitionOf({ api: 'v3', event })?.fields ?? [])
  if (paths.length === 0) return typeof resource === 'string' ? resource : JSON.stringify(resource)
  const plain = typeof resource === 'string' ? parseJson(resource) : resource
  return stringifyJson(
    await replaceFields(plain, paths, text => (text === '' ? text : seal(String(text), sealKey, crypto))),
  )
}
