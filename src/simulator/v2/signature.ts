import { hmacSha256, md5 } from '../../core/crypto/digest.ts'
import type { SignType } from '../../definitions/trait.ts'

/** Parameters of an APIv2 message: flat, every value text. */
export type MessageParams = Readonly<Record<string, string>>

export const isSignType = (text: string): text is SignType => text === 'MD5' || text === 'HMAC-SHA256'

/**
 * Returns the string to sign without the key: the non-empty parameters except `sign`, sorted by name in code-unit
 * order.
 */
export const signString = (params: MessageParams): string =>
  Object.keys(params)
    .filter(name => name !== 'sign' && params[name] !== '')
    .sort()
    .map(name => `${name}=${params[name]}`)
    .join('&')

/** The APIv2 key in both forms. */
export interface SigningKeys {
  readonly merchant: { readonly apiv2Key: string }
  readonly hmacKey: CryptoKey
  readonly crypto: Crypto
}

/** Returns the signature in upper-case hex. */
export async function sign(
  params: MessageParams,
  type: SignType,
  { merchant, hmacKey, crypto }: SigningKeys,
): Promise<string> {
  const message = `${signString(params)}&key=${merchant.apiv2Key}`
  const digest = type === 'MD5' ? md5(message) : await hmacSha256(message, hmacKey, crypto)
  return digest.toUpperCase()
}
