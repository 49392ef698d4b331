import type { Finding, MessageFindingCode } from '../../../diagnosis/finding.ts'
import { findGivenKey } from '../../../diagnosis/keys/find.ts'
import { readKeys } from '../../../diagnosis/keys/read.ts'
import { signatureHeadersOf, signedTextOf, verifyV3 } from '../../../diagnosis/verify-v3.ts'
import type { RecordedExchange } from './recorded.ts'

type RecordedResponse = NonNullable<RecordedExchange['response']>
type ResponseFinding =
  | Finding<MessageFindingCode>
  | Finding<`key-${'found' | 'assumed' | 'not-given' | 'other' | 'expired'}`>

/** A step of the verification of a response. */
export interface VerificationStep {
  readonly name: 'headers' | 'timestamp' | 'key' | 'signature'
  readonly holds: boolean
  /** The finding: names of missing headers, the id of the key, seconds, the signed text. */
  readonly found: string
}

/**
 * Verifies a response of APIv3 or of the brand API step by step (应答验签), without the client and as the workbench does.
 *
 * @param keys of WeChat Pay as PEM by their id
 * @param now ms
 * @returns all steps that could be checked, because more than one thing may be wrong
 */
export async function verifyStepByStep(
  response: RecordedResponse,
  keys: Readonly<Record<string, string>>,
  now: number,
): Promise<VerificationStep[]> {
  const headers = new Headers(response.headers.map(([name, value]) => [name, value]))
  const { body } = response
  const pem = Object.entries(keys).map(([id, text]) => `${id}\n${text}\n`)
  const given = await readKeys(pem.join(''), {}, crypto)
  const findings = await verifyV3({ headers, body }, now, findGivenKey(given.keys, 'platform', now), crypto)
  const signedText = signedTextOf(signatureHeadersOf(headers), body)
  return findings
    .filter(({ ok }) => ok !== undefined)
    .map(finding => ({
      name: finding.step as VerificationStep['name'],
      holds: finding.ok === true,
      found: finding.step === 'signature' ? signedText : foundIn(finding),
    }))
}

/** Writes the values of a finding that are not its signed text. */
function foundIn({ values }: ResponseFinding): string {
  if ('names' in values) return values.names.join(', ')
  if ('serial' in values) return values.serial
  if ('seconds' in values) return `${values.seconds} s`
  return 'text' in values ? values.text : ''
}
