import { base64, fromBase64, utf8 } from '../../core/bytes.ts'
import { ConfigurationError } from '../../core/index.ts'
import { once } from '../../core/single-flight.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * The headers that prove a message (Standard Webhooks).
 *
 * @param id of the message, the same in all its attempts; without `.`, which parts what is signed
 * @param body as it is sent
 * @param now milliseconds
 */
export type Signer = (id: string, body: string, now: number) => Promise<WebhookHeaders>

export interface WebhookHeaders extends Record<string, string> {
  'webhook-id': string
  /** Seconds. */
  'webhook-timestamp': string
  /** `v1,` and base64, for each secret one, parted by blanks. */
  'webhook-signature': string
}

/**
 * Signs as https://www.standardwebhooks.com has it: HMAC-SHA256 of `id.timestamp.body`. The keys are imported once.
 *
 * @param secrets `whsec_` and base64, 24 to 64 bytes; with several, whoever knows any of them can verify
 * @throws {ConfigurationError} `OPTION_MISSING`, `OPTION_INVALID`
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @example
 * ```ts
 * const sign = createSigner(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])
 * const headers = await sign('msg_1', '{"type":"TRANSACTION.SUCCESS"}', Date.now())
 * ```
 */
export function createSigner(secrets: readonly string[]): Signer {
  if (secrets.length === 0) throw new ConfigurationError('OPTION_MISSING', 'secrets', 'an endpoint needs one at least')
  const raw = secrets.map(bytesOf)
  const keys = once(() => Promise.all(raw.map(bytes => crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign']))))
  return async (id, body, now) => {
    const timestamp = String(Math.floor(now / 1000))
    const signed = utf8(`${id}.${timestamp}.${body}`)
    const macs = (await keys()).map(key => crypto.subtle.sign('HMAC', key, signed))
    const signatures = (await Promise.all(macs)).map(mac => `v1,${base64(new Uint8Array(mac))}`)
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
  }
}

const signers = new WeakMap<Endpoint, Signer>()

/** The signer of an endpoint: made once for each. */
export function signerOf(endpoint: Endpoint): Signer {
  const signer = signers.get(endpoint) ?? createSigner(endpoint.secrets)
  signers.set(endpoint, signer)
  return signer
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' }
const PREFIX = 'whsec_'

function bytesOf(secret: string, index: number): Uint8Array<ArrayBuffer> {
  const refuse = (why: string) => new ConfigurationError('OPTION_INVALID', `secrets.${index}`, why)
  if (!secret.startsWith(PREFIX)) throw refuse(`it begins with ${PREFIX}`)
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = fromBase64(secret.slice(PREFIX.length))
  } catch {
    // The cause of it could hold the secret.
    throw refuse(`no base64 behind ${PREFIX}`)
  }
  if (bytes.length >= 24 && bytes.length <= 64) return bytes
  throw refuse(`${bytes.length} bytes. Give 24 to 64. Make one: echo whsec_$(openssl rand -base64 32)`)
}
