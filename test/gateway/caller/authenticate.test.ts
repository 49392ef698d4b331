import { describe, expect, it } from 'vitest'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import type { Caller } from '../../../src/gateway/caller/caller.ts'
import { Refusal } from '../../../src/gateway/problem.ts'

const NOW = 1_700_000_000_000
const seconds = NOW / 1000
const ISSUER = 'https://team.cloudflareaccess.com'
const JWKS = `${ISSUER}/cdn-cgi/access/certs`
// printf abc | sha256sum; printf 'second' | sha256sum
const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

const caller = (name: string, credential: Caller['credential']): Caller => ({ name, credential, allow: [] })
const jwt = (name: string, claims: Record<string, string>, audience = 'gateway') =>
  caller(name, { issuer: ISSUER, audience, jwks: JWKS, claims })
const CALLERS = [
  caller('shop', { tokens: [`sha256:${'0'.repeat(64)}`, ABC.toUpperCase().replace('SHA256', 'sha256')] }),
  jwt('alice', { email: 'alice@example.com' }),
  jwt('finance', { groups: 'finance', type: 'app' }),
  jwt('other', { sub: 'x' }, 'other'),
]

const url64 = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const json64 = (value: unknown) => url64(new TextEncoder().encode(JSON.stringify(value)))

/** An issuer, which signs by WebCrypto alone. */
async function openIssuer(kid = 'key-1') {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid, alg: 'ES256', use: 'sig' }
  const sign = async (claims: object, header: object = {}) => {
    const message = `${json64({ alg: 'ES256', kid, typ: 'JWT', ...header })}.${json64(claims)}`
    const bytes = new TextEncoder().encode(message)
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes)
    return `${message}.${url64(new Uint8Array(signature))}`
  }
  return { jwk, sign }
}
const issuer = await openIssuer()
const claims = { iss: ISSUER, aud: ['gateway'], exp: seconds + 300, email: 'alice@example.com' }
const { exp: _, ...lasting } = claims

const asked: string[] = []
const keys: typeof fetch = async input => {
  asked.push(String(input))
  return Response.json({ keys: [issuer.jwk] })
}
const authenticateBy =
  (fetch: typeof globalThis.fetch, callers: readonly Caller[] = CALLERS) =>
  (headers: Record<string, string>) =>
    createAuthenticate(callers, { fetch, now: () => NOW })(new Request('https://gateway.example/v3/a', { headers }))
const authenticate = authenticateBy(keys)
const bearer = (token: string) => authenticate({ Authorization: `Bearer ${token}` })

const refusal = async (outcome: Promise<Caller>) => {
  const error = await outcome.then(
    ({ name }) => expect.unreachable(name),
    error => error,
  )
  expect(error).toBeInstanceOf(Refusal)
  const { status, code, headers } = (error as Refusal).problem
  return [status, code, headers?.['WWW-Authenticate']]
}
const WRONG = [401, 'UNAUTHENTICATED', 'Bearer error="invalid_token"']

describe('a bearer token', () => {
  it('is known by its SHA-256, each of several', async () => {
    expect(await bearer('abc')).toBe(CALLERS[0])
    expect(await authenticate({ authorization: 'bearer  abc' })).toBe(CALLERS[0])
  })

  it('is asked for where there is none', async () => {
    const none = [401, 'UNAUTHENTICATED', 'Bearer']
    expect(await refusal(authenticate({}))).toEqual(none)
    expect(await refusal(authenticate({ Authorization: 'Basic YTpi' }))).toEqual(none)
    expect(await refusal(authenticate({ Authorization: 'Bearer ' }))).toEqual(none)
  })

  it.each(['abd', 'ab', 'abcd', ABC, ABC.slice(7), 'wxe_secret'])('%s is not one', async token => {
    expect(await refusal(bearer(token))).toEqual(WRONG)
    await expect(bearer(token)).rejects.not.toThrow(token)
  })
})

describe('a JWT', () => {
  it('is that of the caller whose claims it has', async () => {
    expect((await bearer(await issuer.sign(claims))).name).toBe('alice')
    expect(asked).toEqual([JWKS])
    const finance = { ...claims, aud: 'gateway', email: undefined, groups: ['staff', 'finance'], type: 'app' }
    expect((await bearer(await issuer.sign(finance))).name).toBe('finance')
    expect((await bearer(await issuer.sign({ ...claims, aud: ['gateway', 'other'], email: '', sub: 'x' }))).name).toBe(
      'other',
    )
  })

  it('comes from Cloudflare Access in its own header; Authorization goes before it', async () => {
    const assertion = await issuer.sign(claims)
    expect((await authenticate({ 'Cf-Access-Jwt-Assertion': assertion })).name).toBe('alice')
    expect((await authenticate({ 'Cf-Access-Jwt-Assertion': assertion, Authorization: 'Bearer abc' })).name).toBe(
      'shop',
    )
    expect(await refusal(authenticate({ 'Cf-Access-Jwt-Assertion': assertion, Authorization: 'Bearer no' }))).toEqual(
      WRONG,
    )
  })

  it.each([
    ['that lacks the claims', { email: 'mallory@example.com' }],
    ['that has half of them', { email: '', groups: ['finance'] }],
    ['whose claim is another type', { email: { toString: 'alice@example.com' } }],
  ])('%s is valid, and no caller', async (_, more) => {
    expect((await refusal(bearer(await issuer.sign({ ...claims, ...more })))).slice(0, 2)).toEqual([403, 'FORBIDDEN'])
  })

  it('holds for 60 seconds more than it says, then has expired', async () => {
    expect((await bearer(await issuer.sign({ ...claims, exp: seconds - 59 }))).name).toBe('alice')
    expect(await refusal(bearer(await issuer.sign({ ...claims, exp: seconds - 60 })))).toEqual([
      401,
      'TOKEN_EXPIRED',
      'Bearer error="invalid_token"',
    ])
  })

  it.each<[string, () => Promise<string>]>([
    ['of another issuer', () => issuer.sign({ ...claims, iss: 'https://evil.example' })],
    ['for another audience', () => issuer.sign({ ...claims, aud: ['elsewhere'] })],
    ['for an audience that ours is a part of', () => issuer.sign({ ...claims, aud: ['my-gateway'] })],
    ['that never expires', () => issuer.sign(lasting)],
    ['that is not valid yet', () => issuer.sign({ ...claims, nbf: seconds + 120 })],
    ['signed by another key of that name', async () => (await openIssuer()).sign(claims)],
    ['signed by a key that the issuer has not', async () => (await openIssuer('key-2')).sign(claims)],
    ['unsigned', async () => `${json64({ alg: 'none' })}.${json64(claims)}.AA`],
    ['signed with the public key as a secret', () => hmacSigned()],
    ['expired, and of another key', async () => (await openIssuer()).sign({ ...claims, exp: 1 })],
    ['changed', async () => (await issuer.sign(claims)).replace(json64(claims), json64({ ...claims, email: 'b' }))],
    ['that is no JSON', async () => 'a.b.c'],
  ])('%s is refused', async (_, token) => {
    const shown = await token()
    expect(await refusal(bearer(shown))).toEqual(WRONG)
  })

  const hmacSigned = async () => {
    const message = `${json64({ alg: 'HS256', kid: 'key-1' })}.${json64(claims)}`
    const secret = new TextEncoder().encode(JSON.stringify(issuer.jwk))
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return `${message}.${url64(new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(message))))}`
  }

  it.each<[string, () => Promise<Response>]>([
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
    ['answer 500', async () => new Response('', { status: 500 })],
    ['answer no JSON', async () => new Response('<html>')],
    ['answer no keys', async () => Response.json({})],
    ['lead elsewhere', async () => new Response(null, { status: 302, headers: { Location: 'https://evil.example/' } })],
  ])('cannot be judged while its issuer’s keys %s', async (_, answer) => {
    const outcome = authenticateBy(answer)({ Authorization: `Bearer ${await issuer.sign(claims)}` })
    await expect(outcome).rejects.toMatchObject({
      problem: { status: 503, code: 'AUTHENTICATION_UNAVAILABLE', headers: { 'Retry-After': '5' } },
    })
  })

  it('is verified with keys that are asked for once', async () => {
    let count = 0
    const once = createAuthenticate(CALLERS, {
      now: () => NOW,
      fetch: async input => {
        count++
        return keys(input)
      },
    })
    const Authorization = `Bearer ${await issuer.sign(claims)}`
    for (let at = 0; at < 3; at++) await once(new Request('https://gateway.example', { headers: { Authorization } }))
    expect(count).toBe(1)
  })

  it('asks nobody for keys where no caller shows one', async () => {
    const tokensOnly = authenticateBy(() => expect.unreachable(), CALLERS.slice(0, 1))
    expect(await refusal(tokensOnly({ Authorization: `Bearer ${await issuer.sign(claims)}` }))).toEqual(WRONG)
  })
})
