import { CallError } from '../../core/index.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes a body of JSON. Replacing bytes that are not UTF-8 would send another call than the caller wrote. A byte order mark is dropped,
 * as a reader of JSON may (RFC 8259, 8.1): it is no part of the content, which the gateway writes anew.
 *
 * @throws {CallError} `BODY_INVALID`: not UTF-8
 */
export function decodeJson(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw notUtf8('body', cause)
  }
}

/** Creates the refusal of a body, or of a part of a form, that is not UTF-8. */
export const notUtf8 = (field: string, cause?: unknown): CallError =>
  new CallError('BODY_INVALID', field, 'not UTF-8. Encode the text as UTF-8', cause)
