import { type Bytes, base64, fromBase64, fromUtf8, utf8 } from '../base/bytes.ts'
import { ConfigurationError, DecryptionError } from '../base/errors.ts'
import type { PrivateKey, PublicKey } from './keys.ts'

const SIGNATURE = 'RSASSA-PKCS1-v1_5'
const OAEP = { name: 'RSA-OAEP' }

/**
 * Signs with SHA256withRSA.
 *
 * @param message the signed bytes; text is encoded as UTF-8
 * @param option the name of the key's option, for the error
 * @returns the signature in base64
 * @throws {ConfigurationError} `OPTION_INVALID`
 */
export async function sign(
  message: string | Bytes,
  key: CryptoKey,
  crypto: Crypto = globalThis.crypto,
  option = 'privateKey',
): Promise<string> {
  try {
    return base64(await crypto.subtle.sign(SIGNATURE, key, bytesOf(message)))
  } catch (cause) {
    const why = 'this WebCrypto cannot sign with the key. Give PEM'
    throw new ConfigurationError('OPTION_INVALID', option, why, cause)
  }
}

/**
 * Verifies a SHA256withRSA signature. A signature that is not base64 is invalid.
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
 * Encrypts a field (敏感信息加密) with RSA-OAEP and SHA-1.
 *
 * @param text at most 214 bytes of UTF-8 for a 2048-bit key (RFC 8017, 7.1.1)
 * @returns base64; rejects with an `OperationError` if the text is longer
 */
export async function encrypt(text: string, key: PublicKey, crypto: Crypto = globalThis.crypto): Promise<string> {
  return base64(await crypto.subtle.encrypt(OAEP, key.encrypt, utf8(text)))
}

/**
 * Decrypts a field that WeChat Pay encrypted for the merchant or the brand.
 *
 * @param encrypted base64
 * @param option the name of the key's option, for the error
 * @throws {DecryptionError}
 */
export async function decrypt(
  encrypted: string,
  key: PrivateKey,
  crypto: Crypto = globalThis.crypto,
  option = 'privateKey',
): Promise<string> {
  if (!key.decrypt) throw new DecryptionError(`Give "${option}" as PEM, or "decryptionKey".`)
  try {
    return fromUtf8(await crypto.subtle.decrypt(OAEP, key.decrypt, fromBase64(encrypted)))
  } catch (cause) {
    throw new DecryptionError(
      `"${option}" does not decrypt this. Was it encrypted before a renewal of the certificate?`,
      cause,
    )
  }
}

/** Encodes text as UTF-8; returns bytes as they are. */
export const bytesOf = (message: string | Bytes): Bytes => (typeof message === 'string' ? utf8(message) : message)
