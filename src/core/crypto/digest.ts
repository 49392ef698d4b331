import { type Bytes, hex, utf8 } from '../bytes.ts'
import { md5Bytes } from './md5.ts'

/** MD5, lower-case hex. */
export const md5 = (message: string | Bytes): string =>
  hex(md5Bytes(typeof message === 'string' ? utf8(message) : message))

/** SHA-1, lower-case hex: what the bill endpoints give as `hash_value`. */
export const sha1 = (message: BufferSource, crypto?: Crypto): Promise<string> => sha('SHA-1', message, crypto)

/** SHA-256, lower-case hex: what uploads carry in `meta`. */
export const sha256 = (message: BufferSource, crypto?: Crypto): Promise<string> => sha('SHA-256', message, crypto)

async function sha(algorithm: string, message: BufferSource, crypto: Crypto = globalThis.crypto): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest(algorithm, message)))
}

/** A key for {@link hmacSha256}, not to be exported. */
export const importHmacKey = (secret: string, crypto: Crypto = globalThis.crypto): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])

/** HMAC-SHA256, lower-case hex. */
export async function hmacSha256(message: string, key: CryptoKey, crypto: Crypto = globalThis.crypto): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(message))))
}

/** Compares without telling by its time where two texts differ. */
export function equal(one: string, other: string): boolean {
  let difference = one.length ^ other.length
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at % (other.length || 1))
  return difference === 0
}
