// The minimum of an intake: verifies and decrypts with WebCrypto and responds 204, without checking or storing
// anything.
import type { Merchant } from '../../test/load/wechatpay.ts'

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const encoder = new TextEncoder()
const decoder = new TextDecoder()
const bytes = (base64: string) => Uint8Array.from(atob(base64), character => character.charCodeAt(0))

/** Creates a server that only verifies and decrypts notifications. */
export async function createBare({
  publicKey,
  apiv3Key,
}: Pick<Merchant, 'publicKey' | 'apiv3Key'>): Promise<(request: Request) => Promise<Response>> {
  const der = bytes(publicKey.replace(/-----[^-]+-----|\s/g, ''))
  const verifyKey = await crypto.subtle.importKey('spki', der, RSA, false, ['verify'])
  const decryptKey = await crypto.subtle.importKey('raw', encoder.encode(apiv3Key), 'AES-GCM', false, ['decrypt'])
  return async request => {
    const { headers } = request
    const body = await request.text()
    const signed = encoder.encode(`${headers.get('wechatpay-timestamp')}\n${headers.get('wechatpay-nonce')}\n${body}\n`)
    const signature = bytes(headers.get('wechatpay-signature')!)
    if (!(await crypto.subtle.verify(RSA.name, verifyKey, signature, signed)))
      return new Response(null, { status: 401 })
    const { resource } = JSON.parse(body)
    const algorithm = {
      name: 'AES-GCM',
      iv: encoder.encode(resource.nonce),
      additionalData: encoder.encode(resource.associated_data),
    }
    const plaintext = await crypto.subtle.decrypt(algorithm, decryptKey, bytes(resource.ciphertext))
    const { transaction_id } = JSON.parse(decoder.decode(plaintext))
    return new Response(null, { status: transaction_id ? 204 : 400 })
  }
}
