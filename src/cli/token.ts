import { randomBytes } from 'node:crypto'
import { hashOf } from '../gateway/caller/token.ts'
import { type Command, usageError, type Values } from './command.ts'
import { JSON_OPTION } from './merchant.ts'
import { jsonText } from './terminal.ts'

export const token: Command = {
  name: 'token',
  description: `Creates a token that authenticates a caller to the gateway, and the sha256:… by which the gateway recognizes it; or the
secret with which the gateway signs its deliveries. Both are 32 random bytes; nothing is stored or sent.`,
  options: [
    { name: 'name', value: '<name>', description: 'Name of the caller: prints its entry for GATEWAY_CONFIG.' },
    { name: 'webhook', description: 'Creates a secret for WEBHOOK_SECRET (Standard Webhooks) instead of a token.' },
    JSON_OPTION,
  ],
  epilogue: `The token goes to the caller, the hash to the gateway:
  GATEWAY_TOKEN=sha256:…          may call /v3/, /v2/, /brand/ and /checkout/; several with commas between them
  GATEWAY_ADMIN_TOKEN=sha256:…    may call /admin/, /metrics and /healthz
Anyone who has the token can move the merchant's money. It is shown only once.`,

  async run(values, { print }) {
    const generated = values.webhook ? secretFor(values) : await tokenFor(values)
    if (values.json) return print(jsonText(generated))
    for (const line of describe(generated)) print(line)
  },
}

interface Generated {
  token?: string
  hash?: string
  secret?: string
  caller?: { name: string; tokens: string[]; allow: string[] }
}

async function tokenFor({ name }: Values): Promise<Generated> {
  if (typeof name === 'string' && !/^[\w-]+$/.test(name)) throw usageError('--name may have letters, digits, - and _.')
  const callerToken = `wxe_${randomBytes(32).toString('base64url')}`
  const hash = await hashOf(callerToken)
  const caller =
    typeof name === 'string'
      ? { name, tokens: [hash], allow: ['POST /v3/pay/transactions/*', 'GET /v3/**'] }
      : undefined
  return { token: callerToken, hash, ...(caller && { caller }) }
}

function secretFor({ name }: Values): Generated {
  if (name !== undefined) throw usageError('--name is for a caller; omit it with --webhook.')
  return { secret: `whsec_${randomBytes(32).toString('base64')}` }
}

function describe({ token: callerToken, hash, secret, caller }: Generated): string[] {
  if (secret) return [`WEBHOOK_SECRET   ${secret}`, 'Set it for the gateway, and for the service that it delivers to.']
  const entry = caller ? ['', 'In GATEWAY_CONFIG, under "callers", with what it may call:', JSON.stringify(caller)] : []
  return [
    `token   ${callerToken}`,
    `hash    ${hash}`,
    'The token is for the caller (Authorization: Bearer …), the hash for the gateway.',
    ...entry,
  ]
}
