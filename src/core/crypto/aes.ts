import { type Bytes, base64, concat, fromBase64, fromUtf8, utf8 } from '../base/bytes.ts'
import { kindOf } from '../base/error-text.ts'
import { DecryptionError } from '../base/errors.ts'

const BLOCK = 16

/** An AES-256-GCM ciphertext of APIv3: `nonce` and `associated_data` are text, the tag follows the ciphertext. */
export interface GcmCiphertext {
  /** 12 bytes of text. */
  nonce: string
  associated_data?: string | undefined
  /** base64 */
  ciphertext: string
}

/**
 * Imports the APIv3 key (APIv3 密钥), or the API key of a brand (品牌 API 密钥), for {@link decryptGcm} and {@link encryptGcm}.
 *
 * @param key without a {@link gcmKeyProblem}
 */
export const importGcmKey = (key: string, crypto: Crypto = globalThis.crypto): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', utf8(key), 'AES-GCM', false, ['encrypt', 'decrypt'])

/**
 * Returns the problem of a key for {@link decryptGcm}, without the key; undefined if there is none.
 *
 * @param what what the key is, for the text
 */
export function gcmKeyProblem(key: unknown, what: string): string | undefined {
  const length = typeof key === 'string' ? utf8(key).length : kindOf(key)
  return length === 32 ? undefined : `${what} is text of 32 bytes, not ${length}`
}

/**
 * Decrypts data that WeChat Pay encrypted with the APIv3 key (notifications, platform certificates), or with that of a brand.
 *
 * @param option the name of the key's option, for the error
 * @throws {DecryptionError}
 */
export async function decryptGcm(
  encrypted: GcmCiphertext,
  key: CryptoKey,
  crypto: Crypto = globalThis.crypto,
  option = 'apiv3Key',
): Promise<string> {
  try {
    return fromUtf8(await crypto.subtle.decrypt(gcm(encrypted), key, fromBase64(encrypted.ciphertext)))
  } catch (cause) {
    throw wrongKey(option, cause)
  }
}

/** Encrypts like WeChat Pay. @returns base64 of the ciphertext and the tag */
export async function encryptGcm(
  text: string,
  { nonce, associated_data }: Omit<GcmCiphertext, 'ciphertext'>,
  key: CryptoKey,
  crypto: Crypto = globalThis.crypto,
): Promise<string> {
  return base64(await crypto.subtle.encrypt(gcm({ nonce, associated_data }), key, utf8(text)))
}

const gcm = ({ nonce, associated_data }: Omit<GcmCiphertext, 'ciphertext'>) => ({
  name: 'AES-GCM',
  iv: utf8(nonce),
  additionalData: utf8(associated_data ?? ''),
})

const wrongKey = (option: string, cause: unknown): DecryptionError =>
  new DecryptionError(
    `"${option}" does not decrypt this: it is not the key of the merchant platform (商户平台 → API 安全).`,
    cause,
  )

/** Imports the key for {@link decryptEcb} and {@link encryptEcb}: the lower-case hex MD5 of the APIv2 key. */
export const importEcbKey = (key: string, crypto: Crypto = globalThis.crypto): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', utf8(key), 'AES-CBC', false, ['encrypt', 'decrypt'])

/**
 * Decrypts AES-256-ECB with PKCS#7, used for `req_info` of APIv2 refund notifications. WebCrypto lacks ECB, but CBC
 * differs from it only by an XOR with the previous block: the text is decrypted as CBC with a zero IV, and the XOR is
 * reverted. Since CBC requires and removes padding, a block that decrypts to padding is appended.
 *
 * @param encrypted base64
 * @throws {DecryptionError}
 */
export async function decryptEcb(
  encrypted: string,
  key: CryptoKey,
  crypto: Crypto = globalThis.crypto,
): Promise<string> {
  try {
    const ciphertext = fromBase64(encrypted)
    if (ciphertext.length === 0 || ciphertext.length % BLOCK) throw new RangeError('not a whole number of blocks')
    const padding = await crypto.subtle.encrypt(
      { name: 'AES-CBC', iv: ciphertext.slice(-BLOCK) },
      key,
      new Uint8Array(),
    )
    const whole = concat(ciphertext, new Uint8Array(padding))
    const zero = { name: 'AES-CBC', iv: new Uint8Array(BLOCK) }
    const plain = new Uint8Array(await crypto.subtle.decrypt(zero, key, whole))
    for (let at = BLOCK; at < plain.length; at++) plain[at]! ^= ciphertext[at - BLOCK]!
    return fromUtf8(unpad(plain))
  } catch (cause) {
    throw wrongKey('apiv2Key', cause)
  }
}

/** Encrypts like WeChat Pay, block by block: CBC of a single block with a zero IV is ECB. @returns base64 */
export async function encryptEcb(text: string, key: CryptoKey, crypto: Crypto = globalThis.crypto): Promise<string> {
  const plain = utf8(text)
  const length = BLOCK - (plain.length % BLOCK)
  const padded = concat(plain, new Uint8Array(length).fill(length))
  const zero = { name: 'AES-CBC', iv: new Uint8Array(BLOCK) }
  const blocks: Uint8Array[] = []
  for (let at = 0; at < padded.length; at += BLOCK) {
    const block = new Uint8Array(await crypto.subtle.encrypt(zero, key, padded.subarray(at, at + BLOCK)))
    blocks.push(block.subarray(0, BLOCK))
  }
  return base64(concat(...blocks))
}

function unpad(plain: Bytes): Bytes {
  const length = plain.at(-1)!
  if (length < 1 || length > BLOCK || plain.subarray(-length).some(byte => byte !== length))
    throw new RangeError('no PKCS#7 padding')
  return plain.subarray(0, -length)
}
