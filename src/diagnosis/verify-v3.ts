import { fromUtf8 } from '../core/base/bytes.ts'
import { MAX_SKEW_SECONDS } from '../core/base/time.ts'
import { parseJson, stringifyJson } from '../core/codec/json.ts'
import { verify } from '../core/crypto/rsa.ts'
import { type BodyChange, failed, type MessageFinding, passed, skipped } from './finding.ts'
import type { Message } from './message.ts'
import { withoutTrailingBreaks } from './trailing-breaks.ts'

const HEADER_PARTS = ['Timestamp', 'Nonce', 'Signature', 'Serial'] as const

/** The values of the headers that a signature of WeChat Pay has; empty if they are missing. */
export interface SignatureHeaders {
  readonly timestamp: string
  readonly nonce: string
  readonly signature: string
  readonly serial: string
}

export function signatureHeadersOf(headers: Headers): SignatureHeaders {
  const [timestamp = '', nonce = '', signature = '', serial = ''] = HEADER_PARTS.map(
    part => headers.get(`wechatpay-${part}`) ?? '',
  )
  return { timestamp, nonce, signature, serial }
}

/** Returns the text that WeChat Pay signs (应答验签): three lines, each with a line break. */
export const signedTextOf = ({ timestamp, nonce }: SignatureHeaders, body: string): string =>
  `${timestamp}\n${nonce}\n${body}\n`

/**
 * Finds the key that a message names, and says where it is from; or returns a finding of its own that says why there is none.
 *
 * @param verifies returns whether a key verifies the message
 */
export type FindKey<Key> = (
  serial: string,
  verifies: (key: CryptoKey) => Promise<boolean>,
) => Promise<{ readonly key: CryptoKey; readonly found: Key } | { readonly missing: Key }>

/**
 * Runs all steps of 应答验签, even after one has failed, because more than one thing may be wrong.
 *
 * @param at time of arrival, milliseconds since 1970
 */
export async function verifyV3<Key>(
  { headers, body, isParsed }: Message,
  at: number,
  findKey: FindKey<Key>,
  crypto: Crypto,
): Promise<(MessageFinding | Key)[]> {
  const signed = signatureHeadersOf(headers)
  const { timestamp, signature, serial } = signed
  // An empty header is as good as none.
  const missing = HEADER_PARTS.filter(part => !headers.get(`wechatpay-${part}`)).map(part => `Wechatpay-${part}`)
  const findings: (MessageFinding | Key)[] = [
    missing.length
      ? failed('headers', 'headers-missing', { names: missing })
      : passed('headers', 'headers-present', {}),
    ...(headers.has('wechatpay-timestamp') ? [checkTime(timestamp, at)] : []),
  ]
  if (signature.startsWith('WECHATPAY/SIGNTEST/')) return [...findings, failed('signature', 'probe', {})]
  if (!serial) return findings
  const isSigned = (text: string, key: CryptoKey) => verify(signedTextOf(signed, text), signature, key, crypto)
  const search = await findKey(serial, key => isSigned(body, key))
  if ('missing' in search) return [...findings, search.missing, skipped('signature', 'key-missing', {})]
  findings.push(search.found)
  if (missing.length) return findings
  return [...findings, await checkSignature(body, isParsed, text => isSigned(text, search.key), serial)]
}

/** Compares the time in a message with the time of its arrival. */
export function checkTime(timestamp: string, at: number): MessageFinding {
  if (!/^\d{1,12}$/.test(timestamp)) return failed('timestamp', 'time-invalid', { text: timestamp })
  const seconds = Math.round(at / 1000) - Number(timestamp)
  const values = { time: new Date(Number(timestamp) * 1000), seconds }
  return Math.abs(seconds) <= MAX_SKEW_SECONDS
    ? passed('timestamp', 'time-recent', values)
    : failed('timestamp', 'time-stale', values)
}

/** Undo common changes of a body. Each returns the text unchanged if it does not apply. */
const UNDO: readonly (readonly [change: BodyChange, undo: (body: string) => string])[] = [
  ['crlf', body => body.replace(/\r\n/g, '\n')],
  ['lf', body => body.replace(/\r?\n/g, '\r\n')],
  ['byte-order-mark', body => body.replace(/^\ufeff/, '')],
  ['white-space', body => body.trim()],
  ['serialized', compact],
  ['quoted', unquoted],
  ['charset', decodedAgain],
]

/** Checks the signature. If it is invalid, undoes common changes of the body to find the cause. */
async function checkSignature(
  body: string,
  isParsed: true | undefined,
  isSigned: (text: string) => Promise<boolean>,
  serial: string,
): Promise<MessageFinding> {
  if (await isSigned(body)) return passed('signature', 'signature-valid', { serial })
  const withoutEnd = withoutTrailingBreaks(body)
  if (withoutEnd !== body && (await isSigned(withoutEnd)))
    return passed('signature', 'signature-valid-before-end', { serial })
  for (const [change, undo] of UNDO) {
    const text = undo(body)
    if (text !== body && (await isSigned(text))) return failed('signature', 'signature-changed-body', { change })
  }
  if (isParsed) return failed('signature', 'signature-lost-text', {})
  return failed('signature', 'signature-invalid', { serial })
}

/** Returns JSON as WeChat Pay writes it, without white space and without escapes for letters. */
function compact(body: string): string {
  try {
    return stringifyJson(parseJson(body))
  } catch {
    return body
  }
}

/** Returns the text in a JSON string, as logs quote it. */
function unquoted(body: string): string {
  try {
    const text = JSON.parse(body.startsWith('"') ? body : `"${body}"`)
    return typeof text === 'string' ? text : body
  } catch {
    return body
  }
}

/** Reverts a decoding of UTF-8 as Latin-1 or Windows-1252, which turns a Chinese character into three letters. */
function decodedAgain(body: string): string {
  const bytes = Array.from(body, character => WINDOWS_1252[character] ?? character.codePointAt(0)!)
  if (bytes.some(byte => byte > 0xff)) return body
  try {
    return fromUtf8(Uint8Array.from(bytes))
  } catch {
    return body
  }
}

/** The characters of Windows-1252 that Latin-1 has at another place. */
const WINDOWS_1252: Readonly<Record<string, number>> = Object.fromEntries(
  Array.from({ length: 32 }, (_, at) => at + 0x80).map(byte => [
    new TextDecoder('windows-1252').decode(Uint8Array.of(byte)),
    byte,
  ]),
)
