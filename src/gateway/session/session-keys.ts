import { utf8 } from '../../core/base/bytes.ts'
import { onceSuccessful } from '../../core/base/single-flight.ts'
import { credentialsOf } from '../../core/client/client.ts'
import type { Wechatpay } from '../../core/index.ts'
import { CONCURRENCY } from '../concurrency.ts'
import type { Log } from '../log/log.ts'
import { Refusal } from '../problem.ts'

/**
 * The text whose signature is the secret behind all sessions. Every text that WeChat Pay verifies, and every text that the gateway signs
 * for a caller, ends with a line feed. This one has none, so nobody can have it signed by a call, and its signature opens nothing at
 * WeChat Pay.
 */
const SECRET_TEXT = 'wechatpay-edge: the secret of console sessions, version 1'
/** Milliseconds for a signer that is elsewhere (KMS, HSM). */
const SIGNER_TIMEOUT = 5_000
const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const

/** Returns the key that authenticates the sessions of a token, by the hash of the token. */
export type SessionKeys = (tokenHash: string) => Promise<CryptoKey>

/**
 * Creates the keys of sessions. All processes of a gateway, before and after a restart, derive the same keys from what they have anyway:
 * the merchants' private keys, whose signature of a fixed text is always the same (RSASSA-PKCS1-v1_5), and the hash of the token. The hash
 * alone would not do: it stands in the configuration because it opens nothing, and must not become a secret. Nor would the key of one
 * merchant: whoever holds it could act as an operator for all others. With the keys of all merchants nobody gains anything.
 *
 * A new token, a new private key and another merchant end all sessions.
 *
 * @returns a function that throws a {@link Refusal} 503 `SESSION_UNAVAILABLE`: a private key cannot sign, which the log names, or
 * there is no merchant
 */
export function createSessionKeys(merchants: Readonly<Record<string, Wechatpay>>, log: Log): SessionKeys {
  const signers = Object.keys(merchants)
    .sort()
    .map(mchid => createSecretSigner(mchid, merchants[mchid]!, log))
  const secret = onceSuccessful(async () => {
    if (signers.length === 0) throw noMerchant()
    const signatures = await signAll(signers)
    return crypto.subtle.importKey('raw', utf8(signatures.join('\n')), HMAC, false, ['sign'])
  })
  const derived = new Map<string, () => Promise<CryptoKey>>()
  return async tokenHash => {
    const derive = derived.get(tokenHash) ?? onceSuccessful(() => deriveKey(secret, tokenHash))
    derived.set(tokenHash, derive)
    return derive()
  }
}

/** Signs {@link SECRET_TEXT}. Returns the merchant and its signature. */
type SecretSigner = () => Promise<string>

/** Creates a function that signs once: while the signer of another merchant fails, that of this one is not asked again. */
const createSecretSigner = (mchid: string, client: Wechatpay, log: Log): SecretSigner =>
  onceSuccessful(async () => {
    try {
      return `${mchid} ${await credentialsOf(client).account.sign(SECRET_TEXT, { timeout: SIGNER_TIMEOUT })}`
    } catch (error) {
      log.warn('sessions unavailable', { mchid, reason: error })
      throw notSigned()
    }
  })

/**
 * Collects the signatures of all merchants, {@link CONCURRENCY} at a time, because the signers may be elsewhere. Begins no more once one
 * has failed.
 *
 * @throws {Refusal}
 */
async function signAll(signers: readonly SecretSigner[]): Promise<readonly string[]> {
  const signatures: string[] = []
  let next = 0
  async function work(): Promise<void> {
    while (next < signers.length) {
      const at = next++
      try {
        signatures[at] = await signers[at]!()
      } catch (error) {
        next = signers.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return signatures
}

async function deriveKey(secret: () => Promise<CryptoKey>, tokenHash: string): Promise<CryptoKey> {
  const bytes = await crypto.subtle.sign(HMAC, await secret(), utf8(tokenHash))
  return crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign'])
}

const notSigned = (): Refusal =>
  new Refusal({
    status: 503,
    code: 'SESSION_UNAVAILABLE',
    detail:
      'Sessions are derived from the private keys of all merchants, and one did not sign. The log names its merchant: check the key or its signer, or use the token in the header Authorization.',
    headers: { 'Retry-After': '5' },
  })

/** Creates the refusal of a session that no key can be derived for. No retry helps before the configuration has a merchant. */
const noMerchant = (): Refusal =>
  new Refusal({
    status: 503,
    code: 'SESSION_UNAVAILABLE',
    detail:
      'Sessions are derived from the private keys of all merchants, and this gateway has no merchant. Configure one, or use the token in the header Authorization.',
  })
