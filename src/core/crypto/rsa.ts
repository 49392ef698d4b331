import { type Bytes, base64, fromBase64, fromUtf8, utf8 } from '../bytes.ts'
import { DecryptionError } from '../errors.ts'
import type { PrivateKey, PublicKey } from './keys.ts'

const SIGNATURE = 'RSASSA-PKCS1-v1_5'
const OAEP = { name: 'RSA-OAEP' }

/**
 * SHA256withRSA.
 *
 * @param message what is signed; text is taken as UTF-8
 * @returns the signature in base64
 */
export async function sign(
  message: string | Bytes,
  key: CryptoKey,
  crypto: Crypto = globalThis.crypto,
): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.sign(SIGNATURE, key, bytesOf(message))))
}

/**
 * Whether a SHA256withRSA signature fits. One that is not base64 does not fit.
 *
 * @param signature base64
 */
export async function verify(
  message: string | Bytes,
  signature: string,
  key: CryptoKey,
  crypto: Crypto = globalThis.crypto,
): Promise<boolean> {
  let bytes: Bytes
  try {
    bytes = fromBase64(signature)
  } catch {
    return false
  }
  return crypto.subtle.verify(SIGNATURE, key, bytes, bytesOf(message))
}

/**
 * Seals a field (敏感信息加密): RSA-OAEP with SHA-1. A 2048-bit key takes at most 214 bytes of UTF-8.
 *
 * @returns base64
 * @throws {RangeError} when the text is longer than the key takes
 */
export async function seal(text: string, key: PublicKey, crypto: Crypto = globalThis.crypto): Promise<string> {
  const plain = utf8(text)
  const { modulusLength } = key.encrypt.algorithm as RsaHashedKeyAlgorithm
  const most = modulusLength / 8 - 2 * 20 - 2 // RFC 8017, 7.1.1, with SHA-1's 20 bytes
  if (plain.length > most)
    throw new RangeError(`${plain.length} bytes of UTF-8 are more than the ${most} that a sealed field holds`)
  return base64(new Uint8Array(await crypto.subtle.encrypt(OAEP, key.encrypt, plain)))
}

/**
 * Opens a sealed field.
 *
 * @param sealed base64
 * @throws {DecryptionError}
 */
export async function open(sealed: string, key: PrivateKey, crypto: Crypto = globalThis.crypto): Promise<string> {
  if (!key.decrypt)
    throw new DecryptionError('A sealed field needs the private key as PEM, or the option "decryptionKey".')
  try {
    return fromUtf8(await crypto.subtle.decrypt(OAEP, key.decrypt, fromBase64(sealed)))
  } catch (cause) {
    throw new DecryptionError(
      'A sealed field does not open with this private key: it was sealed for another key, perhaps the merchant certificate before a renewal.',
      { cause },
    )
  }
}

const bytesOf = (message: string | Bytes): Bytes => (typeof message === 'string' ? utf8(message) : message)
