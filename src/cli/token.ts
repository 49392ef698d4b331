import { randomBytes } from 'node:crypto'
import { hashOf } from '../gateway/caller/token.ts'
import { type Command, usage, type Values } from './command.ts'
import { JSON_OUTPUT } from './merchant.ts'

export const token: Command = {
  name: 'token',
  about: `Makes a token with which a caller shows itself to the gateway, and the sha256:… by which the gateway knows it. Or the
secret with which the gateway signs what it delivers. Both are random, 32 bytes; nothing is kept or sent.`,
  options: [
    { name: 'name', value: '<name>', text: "The caller's: shows its entry in GATEWAY_CONFIG." },
    { name: 'webhook', text: 'A secret for WEBHOOK_SECRET (Standard Webhooks), in place of a token.' },
    JSON_OUTPUT,
  ],
  more: `The token goes to the caller, the hash to the gateway:
  GATEWAY_TOKEN=sha256:…          may call /v3/, /v2/ and /checkout/; several with commas between them
  GATEWAY_ADMIN_TOKEN=sha256:…    may call /admin/, /metrics and /healthz
Whoever has the token moves the merchant's money. It is shown this once.`,

  async run(values, { print }) {
    const made = values.webhook ? secretFor(values) : await tokenFor(values)
    if (values.json) return print(JSON.stringify(made))
    for (const line of described(made)) print(line)
  },
}

interface Made {
  token?: string
  hash?: string
  secret?: string
  caller?: { name: string; tokens: string[]; allow: string[] }
}

async function tokenFor({ name }: Values): Promise<Made> {
  if (typeof name === 'string' && !/^[\w-]+$/.test(name)) throw usage('--name has letters, digits, - and _.')
  const token = `wxe_${randomBytes(32).toString('base64url')}`
  const hash = await hashOf(token)
  const caller =
    typeof name === 'string'
      ? { name, tokens: [hash], allow: ['POST /v3/pay/transactions/*', 'GET /v3/**'] }
      : undefined
  return { token, hash, ...(caller && { caller }) }
}

function secretFor({ name }: Values): Made {
  if (name !== undefined) throw usage('--name is for a caller; --webhook has none.')
  return { secret: `whsec_${randomBytes(32).toString('base64')}` }
}

function described({ token, hash, secret, caller }: Made): string[] {
  if (secret) return [`WEBHOOK_SECRET   ${secret}`, 'For the gateway, and for the service that it delivers to.']
  const entry = caller ? ['', 'In GATEWAY_CONFIG, under "callers", with what it may call:', JSON.stringify(caller)] : []
  return [
    `token   ${token}`,
    `hash    ${hash}`,
    'The token is for the caller (Authorization: Bearer …), the hash for the gateway.',
    ...entry,
  ]
}
