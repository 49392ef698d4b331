// Signs and encrypts as WeChat Pay documents it, with WebCrypto alone: nothing of the code under test.

export const APIV2_KEY = '192006250b4c09247ec02edce69f6a2d'
export const APIV3_KEY = '0123456789abcdef0123456789abcdef'
export const MCHID = '1900000109'
export const URL = 'https://shop.example/notify'

const utf8 = (text: string) => new TextEncoder().encode(text)
const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)))

/** The text that the APIv2 key signs: the fields that are not empty, sorted, joined. */
export const signedText = (fields: Readonly<Record<string, string>>): string =>
  Object.keys(fields)
    .filter(name => name !== 'sign' && fields[name] !== '')
    .sort()
    .map(name => `${name}=${fields[name]}`)
    .join('&')

/** HMAC-SHA256, upper-case hex. */
export async function signText(text: string, key = APIV2_KEY): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const hmac = await crypto.subtle.importKey('raw', utf8(key), algorithm, false, ['sign'])
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, utf8(`${text}&key=${key}`)))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
}

/** The fields with their signature. */
export const signed = async <T extends Record<string, string>>(
  fields: T,
  key = APIV2_KEY,
): Promise<T & { sign: string }> => ({ ...fields, sign: await signText(signedText(fields), key) })

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** An XML message. @param more elements as they stand, which no signature covers */
export const xml = (fields: Readonly<Record<string, string>>, more = ''): string =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
    .join('')}${more}</xml>`

export const post = (body: string, headers: HeadersInit = {}): Request =>
  new Request(URL, { method: 'POST', body, headers })

/** WeChat Pay with a key pair of its own: what it sends to merchants. */
export async function createSender() {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const pair = await crypto.subtle.generateKey(
    { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ['sign', 'verify'],
  )
  const spki = base64(await crypto.subtle.exportKey('spki', pair.publicKey))
  const serial = 'PUB_KEY_ID_0119000001092026010100000000000001'
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${spki.replace(/(.{64})/g, '$1\n')}\n-----END PUBLIC KEY-----`

  async function headers(body: string, timestamp = Math.floor(Date.now() / 1000)): Promise<Record<string, string>> {
    const text = utf8(`${timestamp}\nnonce\n${body}\n`)
    return {
      'wechatpay-timestamp': String(timestamp),
      'wechatpay-nonce': 'nonce',
      'wechatpay-serial': serial,
      'wechatpay-signature': base64(await crypto.subtle.sign(algorithm, pair.privateKey, text)),
    }
  }

  /** The text of a notification. */
  async function message(event: string, resource: object, key = APIV3_KEY): Promise<string> {
    const [nonce, associated_data] = ['0123456789ab', 'x']
    const gcm = await crypto.subtle.importKey('raw', utf8(key), 'AES-GCM', false, ['encrypt'])
    const encrypted = { name: 'AES-GCM', iv: utf8(nonce), additionalData: utf8(associated_data) }
    const ciphertext = base64(await crypto.subtle.encrypt(encrypted, gcm, utf8(JSON.stringify(resource))))
    return JSON.stringify({
      id: `id-${event}`,
      create_time: '2026-01-01T10:00:00+08:00',
      event_type: event,
      resource_type: 'encrypt-resource',
      resource: { algorithm: 'AEAD_AES_256_GCM', ciphertext, nonce, associated_data, original_type: 'x' },
    })
  }

  return {
    platformKeys: { [serial]: publicKey },
    headers,
    message,
    async notification(event: string, resource: object): Promise<Request> {
      const body = await message(event, resource)
      return post(body, await headers(body))
    },
  }
}
