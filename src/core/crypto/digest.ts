import { type Bytes, hex, utf8 } from '../base/bytes.ts'
import { md5Bytes } from './md5.ts'

/** Computes MD5, lower-case hex. */
export const md5 = (message: string | Bytes): string =>
  hex(md5Bytes(typeof message === 'string' ? utf8(message) : message))

/** Computes SHA-1, lower-case hex: the `hash_value` of the bill endpoints. */
export const sha1 = (message: BufferSource, crypto?: Crypto): Promise<string> => sha('SHA-1', message, crypto)

/** Computes SHA-256, lower-case hex: the hash in the `meta` of uploads. */
export const sha256 = (message: BufferSource, crypto?: Crypto): Promise<string> => sha('SHA-256', message, crypto)

async function sha(algorithm: string, message: BufferSource, crypto: Crypto = globalThis.crypto): Promise<string> {
  return hex(await crypto.subtle.digest(algorithm, message))
}

/** Imports a key for {@link hmacSha256} that cannot be exported. */
export const importHmacKey = (secret: string, crypto: Crypto = globalThis.crypto): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])

/** Computes HMAC-SHA256, lower-case hex. */
export async function hmacSha256(message: string, key: CryptoKey, crypto: Crypto = globalThis.crypto): Promise<string> {
  return hex(await crypto.subtle.sign('HMAC', key, utf8(message)))
}

/** Compares two texts in a time that does not depend on where they differ. */
export function equal(left: string, right: string): boolean {
  let difference = left.length ^ right.length
  for (let at = 0; at < left.length; at++)
    difference |= left.charCodeAt(at) ^ right.charCodeAt(at % (right.length || 1))
  return difference === 0
}
