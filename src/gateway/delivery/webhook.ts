import { base64, fromBase64, utf8 } from '../../core/base/bytes.ts'
import { once } from '../../core/base/single-flight.ts'
import { ConfigurationError } from '../../core/index.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Creates the headers that authenticate a message (Standard Webhooks).
 *
 * @param id of the message, the same in all its attempts; without `.`, which separates the parts of the signed text
 * @param body the text that is sent
 * @param now milliseconds
 */
export type Signer = (id: string, body: string, now: number) => Promise<WebhookHeaders>

export interface WebhookHeaders extends Record<string, string> {
  'webhook-id': string
  /** Seconds. */
  'webhook-timestamp': string
  /** `v1,` and base64 for each secret, separated by spaces. */
  'webhook-signature': string
}

/**
 * Creates a signer according to https://www.standardwebhooks.com: HMAC-SHA256 of `id.timestamp.body`. The keys are imported once.
 *
 * @param secrets `whsec_` and base64, 24 to 64 bytes; a receiver needs any one of them to verify a message
 * @throws {ConfigurationError} `OPTION_MISSING`, `OPTION_INVALID`
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @example
 * ```ts
 * const sign = createSigner(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])
 * const headers = await sign('msg_1', '{"type":"TRANSACTION.SUCCESS"}', Date.now())
 * ```
 */
export function createSigner(secrets: readonly string[]): Signer {
  if (secrets.length === 0) throw new ConfigurationError('OPTION_MISSING', 'secrets', 'an endpoint must have a secret')
  const raw = secrets.map(bytesOf)
  const keys = once(() => Promise.all(raw.map(bytes => crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign']))))
  return async (id, body, now) => {
    const timestamp = String(Math.floor(now / 1000))
    const signed = utf8(`${id}.${timestamp}.${body}`)
    const macs = (await keys()).map(key => crypto.subtle.sign('HMAC', key, signed))
    const signatures = (await Promise.all(macs)).map(mac => `v1,${base64(mac)}`)
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
  }
}

const signers = new WeakMap<Endpoint, Signer>()

/** Returns the signer of an endpoint, which is created once. */
export function signerOf(endpoint: Endpoint): Signer {
  const signer = signers.get(endpoint) ?? createSigner(endpoint.secrets)
  signers.set(endpoint, signer)
  return signer
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' }
const PREFIX = 'whsec_'

function bytesOf(secret: string, index: number): Uint8Array<ArrayBuffer> {
  const invalid = (detail: string) => new ConfigurationError('OPTION_INVALID', `secrets.${index}`, detail)
  if (!secret.startsWith(PREFIX)) throw invalid(`must begin with ${PREFIX}`)
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = fromBase64(secret.slice(PREFIX.length))
  } catch {
    // Without the cause, whose message could contain the secret.
    throw invalid(`must have base64 after ${PREFIX}`)
  }
  if (bytes.length >= 24 && bytes.length <= 64) return bytes
  throw invalid(`must have 24 to 64 bytes, but has ${bytes.length}. Create one: echo whsec_$(openssl rand -base64 32)`)
}
