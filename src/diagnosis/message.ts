import { parseJson } from '../core/codec/json.ts'

/** A saved message: its headers, and its body as it was received. */
export interface Message {
  readonly headers: Headers
  readonly body: string
  /** True if the body was saved as an object, so that the signed text is lost. */
  readonly isParsed?: true | undefined
}

/** Returns whether `Authorization` has a scheme of WeChat Pay, even a wrong one; a proxy has others. */
export const isSignedCall = (headers: Headers): boolean => /^\s*WECHATPAY/i.test(headers.get('authorization') ?? '')

export const isXmlBody = (body: string): boolean => /^\s*</.test(body)

/**
 * Returns whether a body has a form of APIv2: XML, or JSON whose content is in `event_ciphertext`. Verification and
 * decryption both decide by it, so that only the part that was verified is decrypted.
 */
export function isV2Body(body: string): boolean {
  if (isXmlBody(body)) return true
  try {
    return Object.hasOwn(Object(parseJson(body)), 'event_ciphertext')
  } catch {
    return /"event_ciphertext"/.test(body)
  }
}
