import { utf8 } from '../core/base/bytes.ts'
import { verify } from '../core/crypto/rsa.ts'
import { SIGNING_APIS, type SigningApi } from '../core/options/signing-apis.ts'
import {
  explainV3,
  type RequestToExplain,
  type SignatureExplanation,
} from '../simulator/timeline/signature-explanation.ts'
import { type SignedParts, signedTextOf } from '../simulator/v3/signature-mistakes.ts'
import { isInMilliseconds } from '../simulator/v3/signature-time.ts'
import { type Finding, failed, passed, skipped } from './finding.ts'
import type { Message } from './message.ts'
import { signedBodyOf } from './signed-body.ts'
import { withoutTrailingBreaks } from './trailing-breaks.ts'
import { checkTime, type FindKey } from './verify-v3.ts'

/** A request of APIv3 or of the brand API, as it was sent. */
export interface SentRequest extends Message {
  readonly method: string
  /** With scheme and host, or from the path on. */
  readonly url: string
}

/** The findings about a message, and its signed text. */
export interface RequestDiagnosis<Key> {
  readonly findings: readonly (Finding | Key)[]
  /** The text that it should have signed, and the one that it did sign. Absent if it is not signed at all. */
  readonly explanation?: SignatureExplanation | undefined
}

/**
 * Runs all steps by which WeChat Pay verifies a request (请求签名), and looks for the mistake that explains an invalid signature.
 *
 * @param at time when it was sent, milliseconds since 1970
 * @param findKey finds the key of the merchant's certificate, or of the brand's
 */
export async function verifyRequest<Key>(
  { headers, body, method, url }: SentRequest,
  at: number,
  findKey: FindKey<Key>,
  crypto: Crypto,
): Promise<RequestDiagnosis<Key>> {
  const authorization = headers.get('authorization')
  if (!authorization) return { findings: [failed('authorization', 'authorization-missing', {})] }
  const { origin, target: sent } = splitUrl(url)
  // The simulator accepts a signature over the path with the prefix of a namespace, or without it.
  const [prefix] = /^\/ns\/[^/?]+(?=\/(?:v3|brand)\/)/.exec(sent) ?? ['']
  const target = sent.slice(prefix.length)
  const { scheme, fields } = readAuthorization(authorization)
  const { timestamp = '', nonce_str: nonce = '', serial_no: serial = '', signature = '' } = fields
  const findings: (Finding | Key)[] = [checkScheme(scheme, target), checkFields(scheme, fields)]
  if (timestamp) findings.push(checkSeconds(timestamp, at))

  const parts: SignedParts = { method, target, timestamp, nonce, body: signedBodyOf(headers, body) }
  const targets: RequestToExplain['targets'] = prefix === '' ? [target] : [target, sent]
  const explainWith = (key: CryptoKey) => explain(parts, { origin, signature, targets }, key, crypto)
  const search = await findKey(serial, async key => isExplained(await explainWith(key)))
  const explanation = { expected: signedTextOf(parts) }
  if ('missing' in search)
    return { findings: [...findings, search.missing, skipped('signature', 'key-missing', {})], explanation }
  findings.push(search.found)
  if (!signature) return { findings, explanation }
  const explained = await explainWith(search.key)
  return { findings: [...findings, signatureFinding(explained, parts)], explanation: explained }
}

/** Returns whether a key is the one that signed: the signature is valid, or for a text with a mistake. */
const isExplained = ({ mistake, signed }: SignatureExplanation): boolean =>
  mistake === undefined || signed !== undefined

function signatureFinding(
  { expected, mistake, what = '', cure = '' }: SignatureExplanation,
  parts: SignedParts,
): Finding {
  if (mistake !== undefined) return failed('signature', 'signature-mistake', { mistake, what, cure })
  return passed(
    'signature',
    expected.endsWith(`\n${parts.body}\n`) ? 'request-signature-valid' : 'request-signature-valid-before-end',
    {},
  )
}

/** Returns the mistake that explains the signature; none if it is valid, also without a line break that was pasted behind the body. */
async function explain(
  parts: SignedParts,
  { origin, signature, targets }: Pick<RequestToExplain, 'origin' | 'signature' | 'targets'>,
  key: CryptoKey,
  crypto: Crypto,
): Promise<SignatureExplanation> {
  const withoutEnd = withoutTrailingBreaks(parts.body)
  const bodies = withoutEnd === parts.body ? [parts.body] : [parts.body, withoutEnd]
  for (const body of bodies)
    for (const target of targets) {
      const expected = signedTextOf({ ...parts, target, body })
      if (await verify(expected, signature, key, crypto)) return { expected }
    }
  const look = (body: string) =>
    explainV3({ ...parts, targets, body: utf8(body), signature, origin }, { verificationKey: key, crypto })()
  const explained = await look(parts.body)
  if (explained.mistake !== 'unknown' || withoutEnd === parts.body) return explained
  return look(withoutEnd)
}

/** Splits a URL where it stands, because `URL` would rewrite what was signed. */
function splitUrl(url: string): { origin: string; target: string } {
  const [, origin = '', rest = ''] = /^([a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^#]*)/i.exec(url)!
  return { origin, target: rest.startsWith('/') ? rest : `/${rest}` }
}

/** Reads the fields of `Authorization`, in any order. */
function readAuthorization(authorization: string) {
  const [scheme = '', rest = ''] = authorization.trim().split(/\s+(.*)/s)
  const pairs = [...rest.matchAll(/\b(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!] as const)
  return { scheme, fields: Object.fromEntries(pairs) as Readonly<Record<string, string>> }
}

const apiOf = (scheme: string): SigningApi | undefined =>
  (Object.keys(SIGNING_APIS) as SigningApi[]).find(api => SIGNING_APIS[api].scheme === scheme)

function checkScheme(scheme: string, target: string): Finding {
  const expected = SIGNING_APIS[/^\/brand\//.test(target) ? 'brand' : 'v3'].scheme
  return scheme === expected
    ? passed('scheme', 'scheme-right', { scheme })
    : failed('scheme', 'scheme-wrong', { scheme, expected })
}

const FIELDS = ['nonce_str', 'timestamp', 'serial_no', 'signature']

function checkFields(scheme: string, fields: Readonly<Record<string, string>>): Finding {
  const { idName } = SIGNING_APIS[apiOf(scheme) ?? 'v3']
  const missing = [idName, ...FIELDS].filter(name => !fields[name])
  return missing.length > 0
    ? failed('authorization', 'authorization-incomplete', { names: missing })
    : passed('authorization', 'authorization-complete', { name: idName, id: fields[idName]! })
}

const checkSeconds = (timestamp: string, at: number): Finding =>
  isInMilliseconds(timestamp) ? failed('timestamp', 'time-milliseconds', { text: timestamp }) : checkTime(timestamp, at)
