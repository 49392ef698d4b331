import { sealGcm } from '../../core/crypto/aes.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { rfc3339 } from '../time.ts'
import { signatureHeaders } from '../v3/signature.ts'
import { originalTypeOf, summaryOf } from './events.ts'
import { type Envelope, type Flaw, HEADERS, type Message, type Writer } from './message.ts'

const PROBE = 'WECHATPAY/SIGNTEST/'
const STALE = 10 * 60 * 1000

/** An APIv3 notification: its resource sealed with the APIv3 key, the whole signed as an answer is. */
export async function writeV3(
  { id, number, created, announcement }: Envelope,
  { platform, gcmKey, wall, crypto }: Writer,
  flaw?: Flaw,
): Promise<Message> {
  const { event, resource, original_type = originalTypeOf(event), summary = summaryOf(event) } = announcement
  // 12 bytes, the nonce of AES-GCM.
  const open = { associated_data: original_type, nonce: nonce(crypto).slice(0, 12) }
  const plain = typeof resource === 'string' ? resource : JSON.stringify(resource)
  const body = JSON.stringify({
    id,
    create_time: rfc3339(created),
    resource_type: 'encrypt-resource',
    event_type: event,
    summary,
    resource: {
      original_type,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: await sealGcm(plain, open, gcmKey, crypto),
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
