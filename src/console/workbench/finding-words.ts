import { BODY_CHANGE_WORDS } from '../../diagnosis/body-change-words.ts'
import type { FindingWords } from '../../diagnosis/finding.ts'
import { durationIn, ENGLISH_UNITS } from '../duration.ts'
import type { ErrorWords } from './error-words.ts'
import { isoTime } from './iso-time.ts'

const APIV2_FIX = 'Compare the key with 商户平台 → API 安全; otherwise a field was lost or changed in transit'

const duration = (seconds: number): string => `${durationIn(ENGLISH_UNITS, seconds)} ${seconds < 0 ? 'ahead' : 'ago'}`
const timeText = ({ time, seconds }: { time: Date; seconds: number }): string =>
  `${isoTime(time)}, ${duration(seconds)}`

/** The sentences of the workbench, in English. */
export const findingWords = (errors: ErrorWords): FindingWords => ({
  'headers-present': () => ['All four Wechatpay-… headers are present'],
  'headers-missing': ({ names }) => [
    `No ${names.join(', ')}`,
    'Paste them too. If they never arrived, WeChat Pay did not send the message, or a proxy drops them',
  ],
  'time-invalid': ({ text }) => [`It is not a number of seconds: ${text}`, 'WeChat Pay sends seconds since 1970'],
  'time-recent': values => [timeText(values)],
  'time-stale': values => [
    `${timeText(values)}: more than 5 minutes from the time it is checked for`,
    'If it was saved a while ago, check it for its own time. If it just arrived, the clock is wrong: correct it (NTP)',
  ],
  'time-milliseconds': ({ text }) => [`It is in milliseconds: ${text}`, 'Send seconds since 1970, ten digits'],
  'authorization-missing': () => ['The request has no Authorization', 'Sign it, and paste all headers'],
  'authorization-incomplete': ({ names }) => [
    `No ${names.join(', ')} in Authorization`,
    'Write each as name="value", with commas between them',
  ],
  'authorization-complete': ({ name, id }) => [`All five fields are present; ${name} is ${id}`],
  'scheme-right': ({ scheme }) => [scheme],
  'scheme-wrong': ({ scheme, expected }) => [`It is ${scheme || 'empty'}`, `For this path use ${expected}`],
  'not-wechatpay': () => [
    'It is no call to WeChat Pay, and no notification of WeChat Pay: it has neither the address and the signature of the one nor the signature and the body of the other',
    'Paste a request to WeChat Pay, the response to one, or a notification',
  ],
  probe: () => [
    'A probe by WeChat Pay that tests whether signatures are verified: it must be refused',
    'Nothing is wrong on your side',
  ],
  'key-missing': () => ['It cannot be checked without the key'],
  'key-found': ({ serial }) => [serial],
  'key-assumed': ({ serial }) => [`Taken for ${serial}: the key has no id beside it`],
  'key-not-given': ({ serial, given, signer }) => [
    `The message names ${serial || 'no key'}; ${given.length ? `given: ${given.join(', ')}` : 'no key is given'}`,
    signer === 'platform'
      ? "Paste the key with this id. WeChat Pay signs with its own public key or platform certificate, never with the merchant's certificate"
      : "Paste the certificate with this serial (apiclient_cert.pem), or its private key. A request is signed by the merchant, or the brand, never with WeChat Pay's key",
  ],
  'key-other': ({ serial, id }) => [
    `The message names ${serial || 'no key'}, but is signed with ${id}`,
    'Name the serial of the certificate whose private key signs',
  ],
  'key-expired': ({ serial, notBefore, notAfter }) => [
    `${serial} is valid only from ${isoTime(notBefore)} to ${isoTime(notAfter)}`,
    'If the message is old, check it for its own time; otherwise renew the certificate',
  ],
  'signature-valid': () => ['Valid'],
  'signature-valid-before-end': () => ['Valid, without the line break at the end of the pasted text'],
  'signature-changed-body': ({ change }) => [
    `Not valid for the body as pasted: ${BODY_CHANGE_WORDS[change]}`,
    'Verify the bytes as received, before anything parses them',
  ],
  'signature-lost-text': () => [
    'It cannot be checked: "body" is an object, and the signature covers its text',
    'Save the text as received',
  ],
  'signature-invalid': ({ serial }) => [
    `Not valid with the key ${serial}`,
    "The body was changed in transit, the key under this id is another one, or the message is not WeChat Pay's",
  ],
  'request-signature-valid': () => ['Valid'],
  'request-signature-valid-before-end': () => ['Valid, without the line break at the end of the pasted text'],
  'signature-mistake': ({ what, cure }) => [`Not valid: ${what}`, cure],
  'message-read': ({ fields }) => [fields === 1 ? '1 field' : `${fields} fields`],
  'message-malformed': ({ error }) => errors(error),
  'sign-valid': ({ type }) => [`Valid, ${type}`],
  'sign-missing': () => ['There is no "sign"', "It is not WeChat Pay's, or a field was lost"],
  'sign-missing-in-failure': ({ message }) => [
    `None, as in every failed response: ${message}`,
    'Do not trust it; correct the call',
  ],
  'sign-lower-case': () => ['Valid except for its case: it was changed to lower case', 'Store messages as received'],
  'sign-partial': ({ why }) => [
    why,
    'Do not trust it: whoever holds a signed text can add nested or repeated elements',
  ],
  'sign-invalid': () => ['Not valid with the APIv2 key', APIV2_FIX],
  'sign-not-checked': ({ error }) => errors(error),
  'refund-unsigned': () => [
    'None, as in every refund notification of APIv2: anyone may have made it of parts of others',
    'Query the refund before you trust it',
  ],
  'refund-decrypts': () => ['It decrypts with the APIv2 key, which proves nothing'],
  'refund-not-decrypted': ({ error }) => errors(error),
  'field-boundary': ({ field }) => [
    `"${field}" contains the beginning of another field, which the signature does not distinguish`,
    'Do not trust it; query the order',
  ],
})
