import { type Bytes, fromUtf8 } from '../../core/base/bytes.ts'
import { MAX_SKEW_SECONDS, SECOND } from '../../core/base/time.ts'
import { equal, hmacSha256, md5 } from '../../core/crypto/digest.ts'
import { verify } from '../../core/crypto/rsa.ts'
import type { SignType } from '../../definitions/trait.ts'
import type { MessageParams, SigningKeys } from '../v2/signature.ts'
import { PAIR_MISTAKES, type Pair, signedPairs } from '../v2/signature-mistakes.ts'
import { mistakenTexts, type SignedParts, signedTextOf } from '../v3/signature-mistakes.ts'
import { secondsBehind, type TimeMistake } from '../v3/signature-time.ts'

/** The text that a request should have signed, and the one that it did sign where a usual mistake explains its signature. */
export interface SignatureExplanation {
  /** Text that the request should have signed, with the APIv2 key masked. */
  readonly expected: string
  /** Text that its signature is valid for. Absent if no usual mistake explains it. */
  readonly signed?: string | undefined
  /** Name of the mistake, for programs. */
  readonly mistake?: string | undefined
  readonly what?: string | undefined
  readonly cure?: string | undefined
  /** With `time-stale`: by how many seconds the time of the request is behind the clock; less than 0 if it is ahead. */
  readonly seconds?: number | undefined
}

/** Bytes of a body that are kept. Longer bodies are not compared either: each mistake costs a verification. */
export const MAX_BODY = 65_536

export interface RequestToExplain extends Omit<SignedParts, 'body' | 'target'> {
  /** Path and query that it should have signed, and others that are accepted in their place. */
  readonly targets: readonly [string, ...string[]]
  readonly body: Bytes
  readonly signature: string
  readonly origin: string
}

/** Looks for the mistake that explains an invalid signature, when it is called. */
export type Explain = () => Promise<SignatureExplanation>

const TOO_LONG = {
  mistake: 'too-long',
  what: 'the body is too long, or not UTF-8, to compare',
  cure: 'Send a shorter one to find the mistake',
}

interface Verifier {
  readonly verificationKey: CryptoKey
  readonly crypto: Crypto
}

/**
 * Returns a function that looks for the mistake which explains the invalid signature of an APIv3 request: it builds the text as programs
 * with a usual mistake do, and verifies the signature for it with the merchant's certificate. The function is kept as long as the request is
 * remembered, so it holds a copy of a short body, and nothing of a long one: anybody can send those.
 */
export function explainV3(
  { body, signature, origin, targets, ...rest }: RequestToExplain,
  { verificationKey, crypto }: Verifier,
): Explain {
  const text = textOf(body)
  const partsFor = (target: string): SignedParts => ({ ...rest, target, body: text ?? '…' })
  if (text === undefined) return async () => ({ expected: signedTextOf(partsFor(targets[0])), ...TOO_LONG })
  return async () => {
    // Different mistakes often result in the same text.
    const tried = new Set(targets.map(target => signedTextOf(partsFor(target))))
    for (const { text: signed, target, mistake } of mistakenTexts({ ...rest, body: text }, targets, origin)) {
      if (tried.has(signed)) continue
      tried.add(signed)
      if (await verify(signed, signature, verificationKey, crypto)) {
        const { name, what, cure } = mistake
        return { expected: signedTextOf(partsFor(target)), signed, mistake: name, what, cure }
      }
    }
    return { expected: signedTextOf(partsFor(targets[0])), ...UNEXPLAINED }
  }
}

/** Does the same for a request whose time is refused. */
export function explainTime(
  mistake: TimeMistake,
  { body, signature, targets, timestamp, ...rest }: RequestToExplain,
  { verificationKey, crypto }: Verifier,
  now: number,
): Explain {
  const text = textOf(body)
  const partsFor = (target: string): SignedParts => ({ ...rest, target, timestamp, body: text ?? '…' })
  const isMilliseconds = mistake === 'time-milliseconds'
  const seconds = Math.round(secondsBehind(timestamp, now))
  const right = String(Math.floor((isMilliseconds ? Number(timestamp) : now) / SECOND))
  const found = isMilliseconds
    ? { mistake, what: `the time is in milliseconds: ${timestamp}`, cure: 'Send seconds since 1970, ten digits' }
    : {
        mistake,
        what: `the time is ${Math.abs(seconds)} s ${seconds < 0 ? 'ahead of' : 'behind'} the clock, more than ${MAX_SKEW_SECONDS} s`,
        cure: 'Correct the clock (NTP), and sign each attempt anew',
        seconds,
      }
  return async () => {
    for (const target of text === undefined ? [] : targets) {
      const parts = partsFor(target)
      const signed = signedTextOf(parts)
      if (await verify(signed, signature, verificationKey, crypto))
        return { expected: signedTextOf({ ...parts, timestamp: right }), signed, ...found }
    }
    return { expected: signedTextOf({ ...partsFor(targets[0]), timestamp: right }), ...found }
  }
}

const UNEXPLAINED = {
  mistake: 'unknown',
  what: 'no usual mistake explains it',
  cure: 'Compare this text byte by byte with the one that your program signs, and check that the key that signs belongs to the merchant',
}

function textOf(body: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return body.length > MAX_BODY ? undefined : fromUtf8(body)
  } catch {
    return undefined
  }
}

/** Does the same for an APIv2 message. */
export function explainV2(params: MessageParams, declared: SignType, keys: SigningKeys): Explain {
  const json = JSON.stringify(params)
  if (json.length > MAX_BODY) return async () => ({ expected: '…', ...TOO_LONG })
  // Texts that a parser has cut out of a body would keep the whole of it in memory.
  const { sign = '', ...fields } = JSON.parse(json) as Record<string, string>
  return () => explainPairs(Object.entries(fields), sign, declared, keys)
}

async function explainPairs(
  pairs: readonly Pair[],
  sign: string,
  declared: SignType,
  { merchant, hmacKey, crypto }: SigningKeys,
): Promise<SignatureExplanation> {
  const mask = (text: string): string => text.replaceAll(merchant.apiv2Key, '***')
  const expected = signedPairs(pairs, merchant.apiv2Key)
  const digest = async (text: string, type: SignType): Promise<string> =>
    (type === 'MD5' ? md5(text) : await hmacSha256(text, hmacKey, crypto)).toUpperCase()
  const isSigned = async (text: string, type: SignType): Promise<boolean> =>
    equal(await digest(text, type), sign.toUpperCase())
  const other: SignType = declared === 'MD5' ? 'HMAC-SHA256' : 'MD5'
  const found = (text: string, mistake: string, what: string, cure: string): SignatureExplanation => ({
    expected: mask(expected),
    signed: mask(text),
    mistake,
    what,
    cure,
  })
  if (await isSigned(expected, declared))
    return found(expected, 'lower-case', 'it is in lower case', 'Write it in capitals')
  if (await isSigned(expected, other))
    return found(
      expected,
      'other-digest',
      `it is ${other}, and the message declares ${declared}`,
      `Add sign_type=${other} to the fields before you sign, or sign with ${declared}`,
    )
  for (const { name, build, what, cure } of PAIR_MISTAKES) {
    const text = build(pairs, merchant.apiv2Key)
    if (text !== expected && ((await isSigned(text, declared)) || (await isSigned(text, other))))
      return found(text, name, what, cure)
  }
  return { expected: mask(expected), ...UNEXPLAINED }
}
