import { BODY_CHANGE_WORDS } from '../../diagnosis/body-change-words.ts'
import type { FindingWords, MessageFindingCode } from '../../diagnosis/finding.ts'
import { messageOf } from '../failure.ts'

const APIV2_KEY_FIX =
  'Compare WECHATPAY_APIV2_KEY with 商户平台 → API 安全; otherwise a field was lost or changed in transit'

const withoutFullStop = (error: Error): string => messageOf(error).replace(/\.$/, '')

const timeText = ({ time, seconds }: { time: Date; seconds: number }): string =>
  `${time.toISOString()}, ${Math.abs(seconds)} s ${seconds < 0 ? 'ahead' : 'ago'}`

/** The sentences of `wechatpay-edge verify`, which name the variables that hold the keys. */
export const VERIFY_WORDS: FindingWords<MessageFindingCode> = {
  'headers-present': () => ['all four Wechatpay-… headers are present'],
  'headers-missing': ({ names }) => [
    `no ${names.join(', ')}`,
    'Save them too. If they never arrived, WeChat Pay did not send the message, or a proxy drops them',
  ],
  'time-invalid': ({ text }) => [`Wechatpay-Timestamp is not a number of seconds: ${text}`, "It is not WeChat Pay's"],
  'time-recent': values => [timeText(values)],
  'time-stale': values => [
    `${timeText(values)}, more than 5 minutes`,
    'If it was saved a while ago, check it against its own time with --at sent. If it just arrived, correct the clock (NTP)',
  ],
  probe: () => [
    'a probe by WeChat Pay that tests whether signatures are verified: it must be refused',
    'Nothing is wrong on your side',
  ],
  'key-missing': () => ['cannot be checked without the key'],
  'signature-valid': ({ serial }) => [`valid with the key ${serial}`],
  'signature-valid-before-end': ({ serial }) => [
    `valid with the key ${serial}, without the line break at the end of the file`,
  ],
  'signature-changed-body': ({ change }) => [
    `not valid for the body in this file: ${BODY_CHANGE_WORDS[change]}`,
    'Verify the text as received, before anything parses it',
  ],
  'signature-lost-text': () => [
    'cannot be checked: "body" was saved as an object, and the signature covers its text',
    'Save the text as received',
  ],
  'signature-invalid': ({ serial }) => [
    `not valid with the key ${serial}`,
    "The body was changed in transit (a framework that parses, another charset), or it is not WeChat Pay's",
  ],
  'message-read': ({ fields }) => [`${fields} fields`],
  'message-malformed': ({ error }) => [withoutFullStop(error), 'Save it completely, as received'],
  'sign-valid': ({ type }) => [`valid, ${type}`],
  'sign-missing': () => ['there is no "sign"', "It is not WeChat Pay's, or a field was lost"],
  'sign-missing-in-failure': ({ message }) => [
    `none, as in every failed response: ${message}`,
    'Do not trust it; correct the call',
  ],
  'sign-lower-case': () => ['valid except for its case: it was changed to lower case', 'Store messages as received'],
  'sign-partial': ({ why }) => [
    why,
    'Do not trust it: whoever holds a signed text can add nested or repeated elements',
  ],
  'sign-invalid': () => ['not valid with WECHATPAY_APIV2_KEY', APIV2_KEY_FIX],
  'sign-not-checked': ({ error }) => [withoutFullStop(error), APIV2_KEY_FIX],
  'refund-unsigned': () => [
    'none, as in every refund notification of APIv2: anyone may have made it of parts of others',
    'Query the refund before you trust it',
  ],
  'refund-decrypts': () => ['decrypts with WECHATPAY_APIV2_KEY, which proves nothing'],
  'refund-not-decrypted': ({ error }) => [withoutFullStop(error), APIV2_KEY_FIX],
  'field-boundary': ({ field }) => [
    `"${field}" contains the beginning of another field, which the signature does not distinguish`,
    'Do not trust it; query the order',
  ],
}
