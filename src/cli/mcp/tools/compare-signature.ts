import { createHash, createHmac, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { printable } from '../../../core/base/error-text.ts'
import { MAX_SKEW_SECONDS } from '../../../core/base/time.ts'
import { credentialsOf } from '../../../core/client/client.ts'
import type { Account } from '../../../core/options/account.ts'
import { PAIR_MISTAKES, type Pair, signedPairs } from '../../../simulator/v2/signature-mistakes.ts'
import { mistakenTexts, type SignedParts, signedTextOf } from '../../../simulator/v3/signature-mistakes.ts'
import { type Check, checkRows, failedCheck, passedCheck, skippedCheck } from '../../checks.ts'
import type { UnsentRequest } from '../../request/dry-run.ts'
import type { McpKeys } from '../context.ts'
import { ToolError } from '../tool-error.ts'

const SCHEME = 'WECHATPAY2-SHA256-RSA2048'

/**
 * Compares an Authorization header with the call that it was made for, step by step, and finds the usual mistakes.
 *
 * @param body as the program sent it
 * @throws {ToolError} `KEYS_MISSING`
 */
export async function compareAuthorization(
  authorization: string,
  { method, url }: UnsentRequest,
  body: string,
  { client, options, kind }: McpKeys,
): Promise<object[]> {
  const { account } = credentialsOf(client)
  const [scheme = '', rest = ''] = authorization.trim().split(/ (.*)/s)
  const fields = Object.fromEntries([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]))
  const { mchid = '', serial_no = '', timestamp = '', nonce_str = '', signature = '' } = fields
  const missing = ['mchid', 'nonce_str', 'timestamp', 'serial_no', 'signature'].filter(name => !fields[name])
  const checks: Check[] = [
    scheme === SCHEME
      ? passedCheck('scheme', SCHEME)
      : failedCheck('scheme', `it is ${printable(scheme)}`, `Use ${SCHEME}`),
    missing.length > 0
      ? failedCheck('fields', `no ${missing.join(', ')}`, 'Write each as name="value", with commas between them')
      : passedCheck('fields', 'all five are present'),
    checkOwner('mchid', mchid, account.mchid, kind),
    checkOwner('serial_no', serial_no, options.serial ?? '', kind),
    checkTimestamp(timestamp),
  ]
  const { origin, pathname, search } = new URL(url)
  const parts: SignedParts = { method, target: pathname + search, timestamp, nonce: nonce_str, body }
  return checkRows([...checks, checkSignature(parts, origin, signature, publicKeyOf(options))])
}

function checkOwner(name: string, given: string, own: string, kind: McpKeys['kind']): Check {
  if (given.toUpperCase() === own.toUpperCase()) return passedCheck(name, given)
  return failedCheck(
    name,
    `the header has ${printable(given)}, and the ${kind} keys belong to ${printable(own)}`,
    kind === 'demo'
      ? 'Ask the user to start the server with --env <file>, to compare with their own keys'
      : 'Use the serial of the certificate of the private key',
  )
}

function checkTimestamp(timestamp: string): Check {
  if (!/^\d{10}$/.test(timestamp))
    return failedCheck(
      'timestamp',
      `it is ${printable(timestamp)}`,
      'Give seconds since 1970, ten digits, not milliseconds',
    )
  const age = Math.round(Date.now() / 1000) - Number(timestamp)
  if (Math.abs(age) <= MAX_SKEW_SECONDS)
    return passedCheck('timestamp', `${Math.abs(age)} s ${age < 0 ? 'ahead' : 'ago'}`)
  return skippedCheck(
    'timestamp',
    `${Math.abs(age)} s ${age < 0 ? 'ahead' : 'ago'}: WeChat Pay refuses it when it arrives now`,
    'Sign each attempt anew, with the clock correct',
  )
}

function checkSignature(parts: SignedParts, origin: string, signature: string, key: KeyObject): Check {
  const bytes = Buffer.from(signature, 'base64')
  const isSigned = (text: string): boolean => verify('sha256', Buffer.from(text), key, bytes)
  if (isSigned(signedTextOf(parts))) return passedCheck('signature', 'valid for this request')
  const mistake = findMistake(parts, origin, isSigned)
  if (mistake) return failedCheck('signature', `not valid: ${mistake.what}`, mistake.cure)
  return failedCheck(
    'signature',
    'not valid for this request, and no usual mistake explains it',
    'Compare signedText byte by byte with the text that your program signs; check that the private key belongs to the certificate with this serial',
  )
}

function findMistake(parts: SignedParts, origin: string, isSigned: (text: string) => boolean) {
  for (const { text, mistake } of mistakenTexts(parts, [parts.target], origin)) if (isSigned(text)) return mistake
  return undefined
}

/** @throws {ToolError} `KEYS_MISSING` */
function publicKeyOf({ certificate, privateKey }: McpKeys['options']): KeyObject {
  if (typeof certificate === 'string') return new X509Certificate(certificate).publicKey
  if (typeof privateKey === 'string') return createPublicKey(privateKey)
  throw new ToolError(
    'KEYS_MISSING',
    'The configured keys have neither a certificate nor a private key.',
    'Ask the user to set WECHATPAY_CERTIFICATE or WECHATPAY_PRIVATE_KEY in the file of --env.',
  )
}

type Hash = (text: string, key: string) => string
const HASHES: Readonly<Record<'MD5' | 'HMAC-SHA256', Hash>> = {
  MD5: text => createHash('md5').update(text).digest('hex'),
  'HMAC-SHA256': (text, key) => createHmac('sha256', key).update(text).digest('hex'),
}

/**
 * Compares the `sign` of an APIv2 message with its fields, and finds the usual mistakes.
 *
 * @throws {ConfigurationError} the APIv2 key is missing
 */
export function comparePairs(sign: string, fields: Readonly<Record<string, unknown>>, account: Account): object[] {
  const pairs = Object.entries(fields).map(([name, value]): Pair => [name, String(value ?? '')])
  return checkRows([checkPairs(sign, pairs, fields.sign_type, account.apiv2Key())])
}

function checkPairs(sign: string, pairs: readonly Pair[], signType: unknown, key: string): Check {
  const declared = signType === 'HMAC-SHA256' ? 'HMAC-SHA256' : 'MD5'
  const other = declared === 'MD5' ? 'HMAC-SHA256' : 'MD5'
  const equals = (signed: string, type: keyof typeof HASHES) => HASHES[type](signed, key) === sign.toLowerCase()
  const text = signedPairs(pairs, key)
  if (equals(text, declared))
    return sign === sign.toUpperCase()
      ? passedCheck('sign', `valid, ${declared}`)
      : failedCheck('sign', 'it is in lower case', 'Write it in capitals')
  if (equals(text, other))
    return failedCheck(
      'sign',
      `it is ${other}, and the message declares ${declared}`,
      `Add sign_type=${other} to the fields before you sign, or sign with ${declared}`,
    )
  const mistake = PAIR_MISTAKES.find(({ build }) =>
    [declared, other].some(type => equals(build(pairs, key), type as typeof declared)),
  )
  if (mistake) return failedCheck('sign', `not valid: ${mistake.what}`, mistake.cure)
  return failedCheck(
    'sign',
    'not valid for these fields, and no usual mistake explains it',
    'Check the APIv2 key (商户平台 → API 安全), and that every field was signed as it was sent',
  )
}
