import { DecryptionError, type MalformedError } from '../base/errors.ts'
import type { SigningCredentials } from '../protocol/call.ts'
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

/** Names of headers, after `Wechatpay-`, that messages of APIv3 and of the brand API have. */
const V3_HEADERS = ['signature', 'serial', 'timestamp', 'nonce']

/**
 * Returns whether a notification is signed in its headers, as those of APIv3 and of the brand API are. Any of the four
 * headers suffices, so that a lost one is reported as missing.
 */
export const isV3 = (headers: Headers): boolean => V3_HEADERS.some(name => headers.has(`wechatpay-${name}`))

/** The addressee of a notification by API, and the official name of its id. */
const ADDRESSEES: Readonly<Record<SigningCredentials['account']['api'], readonly [addressee: string, term: string]>> = {
  v3: ['merchant', '商户号'],
  brand: ['brand', '品牌 ID'],
}

/**
 * Requires that a message names the client's merchant, or its brand. Otherwise, if two of them share a key, a notification of one
 * would be accepted for the other.
 *
 * @param field the field with the merchant id or the brand id
 * @throws {NotificationError} `MERCHANT_MISMATCH`
 */
export function requireAddressee(
  value: unknown,
  field: string,
  { api, id }: SigningCredentials['account'],
  received: Received,
): void {
  if (String(value) === id) return
  const [addressee, term] = ADDRESSEES[api]
  throw new NotificationError(
    'MERCHANT_MISMATCH',
    `is for another ${addressee}: its "${field}" is not ${id}. Give each ${addressee} (${term}) its own notify_url and keys`,
    received,
  )
}

/** Parses the body. @throws {NotificationError} `NOT_JSON`, `NOT_XML` */
export function parseNotificationBody<T>(parse: (text: string) => T, received: Received): T {
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
