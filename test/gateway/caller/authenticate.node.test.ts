/** Node's own crypto makes the tokens: another implementation than the one that checks them. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import type { Caller } from '../../../src/gateway/caller/caller.ts'
import { hashOf } from '../../../src/gateway/caller/token.ts'

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const show = (token: string) =>
  new Request('https://gateway.example/', { headers: { authorization: `Bearer ${token}` } })

test('a token is known by the hash that node:crypto makes of it', async () => {
  const token = 'wxe_Zm9vYmFy~+/=.'
  const hash = `sha256:${createHash('sha256').update(token).digest('hex')}`
  expect(await hashOf(token)).toBe(hash)
  const caller: Caller = { name: 'shop', credential: { tokens: [hash] }, allow: [] }
  expect(await createAuthenticate([caller])(show(token))).toBe(caller)
})

test('a JWT that node:crypto signed with RSA names its caller', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const issuer = 'https://team.cloudflareaccess.com'
  const caller: Caller = {
    name: 'ops',
    credential: { issuer, audience: 'aud', jwks: `${issuer}/cdn-cgi/access/certs`, claims: { email: 'a@example.com' } },
    allow: [],
  }
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] }
  const authenticate = createAuthenticate([caller], { fetch: async () => Response.json(jwks) })
  const claims = { iss: issuer, aud: ['aud'], email: 'a@example.com', exp: Math.floor(Date.now() / 1000) + 60 }
  const message = `${encode({ alg: 'RS256', kid: 'one' })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(message), privateKey)
  expect(await authenticate(show(`${message}.${signature.toString('base64url')}`))).toBe(caller)
  signature[0]! ^= 1
  await expect(authenticate(show(`${message}.${signature.toString('base64url')}`))).rejects.toThrow('UNAUTHENTICATED')
})
