// The Worker that holds the key. It has no route: only Workers with a service binding to it can ask.
import { WorkerEntrypoint } from 'cloudflare:workers'
import { mayBeSigned } from '../policy.ts'

interface Env {
  /** `npx wrangler secret put PRIVATE_KEY -c holder.toml < apiclient_key.pem`, PKCS#8. */
  readonly PRIVATE_KEY: string
}

export default class extends WorkerEntrypoint<Env> {
  async sign(message: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    // The caller receives the message of an error.
    if (!mayBeSigned(message)) throw new Error('not signed')
    return crypto.subtle.sign(SIGNING, await keyOf(this.env, SIGNING, 'sign'), message)
  }

  async decrypt(ciphertext: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    return crypto.subtle.decrypt(ENCRYPTION, await keyOf(this.env, ENCRYPTION, 'decrypt'), ciphertext)
  }

  override async fetch(): Promise<Response> {
    return new Response(null, { status: 404 })
  }
}

const SIGNING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const ENCRYPTION = { name: 'RSA-OAEP', hash: 'SHA-1' }
const keys = new Map<string, CryptoKey>()

/** Imports the key once per isolate and use; it cannot be exported. */
async function keyOf({ PRIVATE_KEY }: Env, algorithm: RsaHashedImportParams, usage: KeyUsage): Promise<CryptoKey> {
  const imported = keys.get(usage)
  if (imported) return imported
  const der = Uint8Array.from(atob(PRIVATE_KEY.replace(/-----[A-Z ]+-----|\s/g, '')), character =>
    character.charCodeAt(0),
  )
  const key = await crypto.subtle.importKey('pkcs8', der, algorithm, false, [usage])
  keys.set(usage, key)
  return key
}
