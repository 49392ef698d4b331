import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createAuthenticate } from '../../src/gateway/caller/authenticate.ts'
import { eventually } from '../eventually.ts'
import { losingFirst } from './lost.ts'

// In workerd: jose waits for a download of another request's elsewhere, and for none here.

test('a download of an issuer’s keys that was lost with its request delays other callers by two seconds', async () => {
  const ISSUER = 'https://issuer.example'
  const keys = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] }
  const token = await new SignJWT({ iss: ISSUER, aud: 'gateway', exp: Date.now() / 1000 + 300 })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .sign(keys.privateKey)
  const lost = losingFirst(async () => Response.json(jwks), '/certs')
  const authenticate = createAuthenticate(
    [
      {
        name: 'ci',
        credential: { issuer: ISSUER, audience: 'gateway', jwks: `${ISSUER}/certs`, claims: {} },
        allow: [],
      },
    ],
    { fetch: lost.fetch },
  )
  const show = () =>
    authenticate(new Request('https://gateway.example/v3/x', { headers: { authorization: `Bearer ${token}` } }))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  // Cancelled.
  show().catch(() => {})
  await eventually(() => expect(lost.isLost()).toBe(true))
  const before = vi.getTimerCount()
  const shown = Promise.all(Array.from({ length: 5 }, show))
  await eventually(() => expect(vi.getTimerCount()).toBe(before + 5))
  await vi.advanceTimersByTimeAsync(2_000)
  expect((await shown).map(({ name }) => name)).toEqual(Array(5).fill('ci'))
})
