import type { BodyChange } from './finding.ts'

/** Words for what happened to a body after it was signed, in English. */
export const BODY_CHANGE_WORDS: Readonly<Record<BodyChange, string>> = {
  crlf: 'its line breaks were changed to CRLF',
  lf: 'its line breaks were changed to LF',
  serialized: 'it was parsed and serialized again',
  quoted: 'it was quoted as a JSON string',
  charset: 'it was decoded as Latin-1 instead of UTF-8',
  'byte-order-mark': 'it begins with a byte order mark',
  'white-space': 'white space was added before or after it',
}
