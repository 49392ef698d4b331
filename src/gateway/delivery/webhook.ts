import { base64, fromBase64, utf8 } from '../../core/bytes.ts'
import type { Endpoint } from './endpoint.ts'

const PREFIX = 'whsec_'
const keys = new WeakMap<Endpoint, Promise<CryptoKey[]>>()

/** The bytes of a secret: `whsec_` and base64. @throws {DOMException} no base64 */
const secretBytes = (secret: string) => fromBase64(secret.slice(PREFIX.length))

/** Imported once an endpoint. */
function keysOf(endpoint: Endpoint): Promise<CryptoKey[]> {
  const known = keys.get(endpoint)
  if (known) return known
  const importKey = (secret: string) =>
    crypto.subtle.importKey('raw', secretBytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const imported = Promise.all(endpoint.secrets.map(importKey))
  keys.set(endpoint, imported)
  return imported
}

/**
 * The headers of a webhook, as Standard Webhooks has them: HMAC-SHA256 of `id.timestamp.body`, with each of the endpoint's
 * secrets, so that a receiver may change its own at any time.
 *
 * @param now milliseconds
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function webhookHeaders(
  endpoint: Endpoint,
  id: string,
  body: string,
  now: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000))
  const signed = utf8(`${id}.${timestamp}.${body}`)
  const signatures = (await keysOf(endpoint)).map(
    async key => `v1,${base64(new Uint8Array(await crypto.subtle.sign('HMAC', key, signed)))}`,
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': (await Promise.all(signatures)).join(' '),
  }
}
