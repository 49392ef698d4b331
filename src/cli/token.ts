import { base64, utf8 } from '../core/bytes.ts'
import { sha256 } from '../core/crypto/digest.ts'
import type { Command } from './command.ts'
import { JSON_OUTPUT } from './merchant.ts'

/** Bytes of a token and of a secret. */
const LENGTH = 32

export const token: Command = {
  name: 'token',
  about: `Makes a token with which a caller shows the gateway who it is, and its hash, which is all that the gateway is told;
or the secret that signs what the gateway sends to your endpoints. Nothing is kept: what is printed is there once.`,
  options: [{ name: 'webhook', text: 'A secret for WEBHOOK_SECRET (Standard Webhooks).' }, JSON_OUTPUT],
  more: `To replace one without a gap: GATEWAY_TOKEN takes several hashes, commas between; WEBHOOK_SECRET several secrets,
blanks between.`,

  async run({ webhook, json }, { print }) {
    const random = base64(crypto.getRandomValues(new Uint8Array(LENGTH)))
    if (webhook) {
      const secret = `whsec_${random}`
      return print(json ? JSON.stringify({ secret }) : `WEBHOOK_SECRET=${secret}`)
    }
    const token = `wxe_${random.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`
    const hash = `sha256:${await sha256(utf8(token))}`
    if (json) return print(JSON.stringify({ token, hash }))
    print(`For the caller, who keeps it secret. It sends: Authorization: Bearer ${token}`)
    print('For the gateway:')
    print(`GATEWAY_TOKEN=${hash}`)
  },
}
