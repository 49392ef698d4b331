import { DecryptionError, type MalformedError } from '../errors.ts'
import type { CreateSignatureError } from '../protocol/response.ts'
import { NotificationError } from './error.ts'

/** A message as it arrived. */
export interface Received {
  headers: Headers
  /** The text, byte for byte, as the signature covers it. */
  body: string
}

/** Returns the function that creates the errors of a notification. */
export const signatureErrorOf =
  (received: Received): CreateSignatureError =>
  (code, why, cause) =>
    new NotificationError(code, `is not proven to be WeChat Pay's: ${why}`, received, cause)

/** Names of headers, after `Wechatpay-`, that only APIv3 messages have. */
const V3_HEADERS = ['signature', 'serial', 'timestamp', 'nonce']

/**
 * Returns whether a notification belongs to APIv3. Any of the four headers suffices, so that a lost one is reported as
 * missing.
 */
export const isV3 = (headers: Headers): boolean => V3_HEADERS.some(name => headers.has(`wechatpay-${name}`))

/**
 * Requires that a message names the client's merchant. Otherwise, if two merchants share a key, a notification of one
 * would be accepted for the other.
 *
 * @param field the field with the merchant id
 * @throws {NotificationError} `MERCHANT_MISMATCH`
 */
export function requireAddressee(value: unknown, field: string, mchid: string, received: Received): void {
  if (String(value) === mchid) return
  throw new NotificationError(
    'MERCHANT_MISMATCH',
    `is for another merchant: its "${field}" is not ${mchid}. Give each merchant (商户号) its own notify_url and keys`,
    received,
  )
}

/** Parses the body. @throws {NotificationError} `NOT_JSON`, `NOT_XML` */
export function parseBody<T>(parse: (text: string) => T, received: Received): T {
  try {
    return parse(received.body)
  } catch (error) {
    const { code, message } = error as MalformedError
    throw new NotificationError(code, `cannot be read: ${message.replace(/\.$/, '')}`, received, error)
  }
}

/**
 * Decrypts a part of the body. @throws {NotificationError} `DECRYPTION_FAILED`; configuration errors are thrown
 * unchanged
 */
export async function decryptPart<T>(received: Received, decrypt: () => Promise<T>): Promise<T> {
  try {
    return await decrypt()
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error
    throw new NotificationError(error.code, `cannot be decrypted: ${error.message.replace(/\.$/, '')}`, received, error)
  }
}
