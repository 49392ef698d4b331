import { DecryptionError, type MalformedError } from '../errors.ts'
import type { Refuse } from '../protocol/receive.ts'
import { NotificationError } from './error.ts'

/** A message as it arrived. */
export interface Received {
  headers: Headers
  /** The text, byte for byte: it is signed. */
  body: string
}

export const refusalOf =
  (received: Received): Refuse =>
  (code, why, cause) =>
    new NotificationError(code, `is not proven to be WeChat Pay's: ${why}`, received, cause)

/** @throws {NotificationError} `NOT_JSON`, `NOT_XML` */
export function parsed<T>(parse: (text: string) => T, received: Received): T {
  try {
    return parse(received.body)
  } catch (error) {
    const { code, message } = error as MalformedError
    throw new NotificationError(code, `cannot be read: ${message.replace(/\.$/, '')}`, received, error)
  }
}

/** @throws {NotificationError} `DECRYPTION_FAILED`; what the configuration lacks is thrown as it is */
export async function opening<T>(received: Received, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error
    throw new NotificationError(error.code, `does not open: ${error.message.replace(/\.$/, '')}`, received, error)
  }
}
