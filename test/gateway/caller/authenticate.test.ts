import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import type { Caller } from '../../../src/gateway/caller/caller.ts'
import type { Refusal } from '../../../src/gateway/problem.ts'

const NOW = Date.parse('2026-03-01T00:00:00Z')
const ISSUER = 'https://issuer.example'
const AUDIENCE = 'gateway'
const JWKS = 'https://issuer.example/certs'
/** `printf %s first-token | sha256sum` */
const FIRST = 'sha256:55b4b48f529c3d2daa027cbffa6cfb6a03690424550f22109e39917406c8243b'

const jwt = (name: string, claims: Record<string, string>, audience = AUDIENCE): Caller => ({
  name,
  credential: { issuer: ISSUER, audience, jwks: JWKS, claims },
  allow: ['* /v3/**'],
})
const token = (name: string, ...tokens: string[]): Caller => ({ name, credential: { tokens }, allow: ['* /v3/**'] })

const hash = async (text: string): Promise<string> => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return `sha256:${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`
}

let keys: CryptoKeyPair
let others: CryptoKeyPair
let jwks: object
beforeAll(async () => {
  keys = await generateKeyPair('ES256')
  others = await generateKeyPair('ES256')
  jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] }
})

const issue = (claims: JWTPayload = {}, { key = keys.privateKey, kid = 'k1' } = {}): Promise<string> =>
  new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp: NOW / 1000 + 300, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(key)

const asked: string[] = []
const serve: typeof fetch = async input => {
  asked.push(new Request(input).url)
  return Response.json(jwks)
}
const authenticate = (callers: Caller[], fetch: typeof globalThis.fetch = serve) => {
  const who = createAuthenticate(callers, { fetch, now: () => NOW })
  return async (headers: HeadersInit): Promise<string> => {
    const request = new Request('https://gateway.example/v3/certificates', { headers })
    try {
      return (await who(request)).name
    } catch (error) {
      const { problem } = error as Refusal
      for (const value of new Headers(headers).values()) {
        const shown = value.replace('Bearer ', '')
        if (shown.length > 6) expect(JSON.stringify(problem)).not.toContain(shown)
      }
      const { 'WWW-Authenticate': challenge, 'Retry-After': retry } = problem.headers ?? {}
      return [problem.status, problem.code, challenge ?? retry].join(' ').trim()
    }
  }
}
const shows = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a bearer token', () => {
  test('names the caller whose hash it has, whichever of several it is', async () => {
    const who = authenticate([
      token('shop', FIRST, await hash('second-token')),
      token('till', (await hash('third-token')).toUpperCase().replace('SHA256', 'sha256')),
    ])
    expect(await who(shows('first-token'))).toBe('shop')
    expect(await who(shows('second-token'))).toBe('shop')
    expect(await who(shows('third-token'))).toBe('till')
    expect(await who({ authorization: 'bearer  first-token' })).toBe('shop')
  })

  test.each([
    ['none', {}, '401 UNAUTHENTICATED Bearer'],
    ['another scheme', { authorization: 'Basic c2hvcDpmaXJzdC10b2tlbg==' }, '401 UNAUTHENTICATED Bearer'],
    ['an empty one', { authorization: 'Bearer ' }, '401 UNAUTHENTICATED Bearer'],
    ['another', shows('first-tokem'), '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ['a part', shows('first-toke'), '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ['the hash itself', shows(FIRST.slice(7)), '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ['one like a JWT', shows('e30.e30.e30'), '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ['where only Access puts one', { 'cf-access-jwt-assertion': 'first-token' }, '401 UNAUTHENTICATED Bearer'],
  ])('%s is refused', async (_, headers, answer) => {
    expect(await authenticate([token('shop', FIRST)])(headers)).toBe(answer)
  })

  test('with dots is a token still, beside callers that show JWTs', async () => {
    const who = authenticate([token('shop', await hash('a.b.c')), jwt('ci', { sub: '1' })])
    expect(await who(shows('a.b.c'))).toBe('shop')
  })

  test('nobody is let in where there are no callers', async () => {
    expect(await authenticate([])(shows('x'))).toMatch('401')
  })
})

describe('a JWT', () => {
  test('names the caller all of whose claims it has', async () => {
    const who = authenticate([jwt('ci', { sub: 'repo:shop', ref: 'main' }), jwt('person', { email: 'a@example.com' })])
    expect(await who(shows(await issue({ sub: 'repo:shop', ref: 'main' })))).toBe('ci')
    expect(await who(shows(await issue({ sub: 'x', email: 'a@example.com' })))).toBe('person')
    expect(await who({ 'cf-access-jwt-assertion': await issue({ email: 'a@example.com' }) })).toBe('person')
  })

  test('has a claim that is a list when the value is in it', async () => {
    const who = authenticate([jwt('ops', { groups: 'payments' })])
    expect(await who(shows(await issue({ groups: ['all', 'payments'] })))).toBe('ops')
    expect(await who(shows(await issue({ groups: ['payments2'] })))).toBe('403 FORBIDDEN')
    expect(await who(shows(await issue({ groups: true })))).toBe('403 FORBIDDEN')
  })

  test('for one of several audiences', async () => {
    const who = authenticate([jwt('a', { sub: '1' }, 'other'), jwt('b', { sub: '1' })])
    expect(await who(shows(await issue({ sub: '1' })))).toBe('b')
    expect(await who(shows(await issue({ sub: '1', aud: ['x', 'other'] })))).toBe('a')
  })

  test.each<[string, JWTPayload, string]>([
    ['expired', { exp: NOW / 1000 - 61 }, '401 TOKEN_EXPIRED Bearer error="invalid_token"'],
    ['without expiry', { exp: undefined }, '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ['not valid yet', { nbf: NOW / 1000 + 61 }, '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ['of another issuer', { iss: 'https://evil.example' }, '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ['for another audience', { aud: 'shop' }, '401 UNAUTHENTICATED Bearer error="invalid_token"'],
    ["with nobody's claims", { sub: '2' }, '403 FORBIDDEN'],
    ['with part of the claims', { sub: '1', ref: undefined }, '403 FORBIDDEN'],
    ['within the tolerance', { exp: NOW / 1000 - 59, nbf: NOW / 1000 + 59 }, 'ci'],
  ])('%s', async (_, claims, answer) => {
    const who = authenticate([jwt('ci', { sub: '1', ref: 'main' })])
    expect(await who(shows(await issue({ sub: '1', ref: 'main', ...claims })))).toBe(answer)
  })

  test('is refused when another key signed it, or none, or the public key as a secret', async () => {
    const who = authenticate([jwt('ci', { sub: '1' })])
    const refused = '401 UNAUTHENTICATED Bearer error="invalid_token"'
    expect(await who(shows(await issue({ sub: '1' }, { key: others.privateKey })))).toBe(refused)
    expect(await who(shows(await issue({ sub: '1' }, { kid: 'k2' })))).toBe(refused)
    const claims = { iss: ISSUER, aud: AUDIENCE, exp: NOW / 1000 + 300, sub: '1' }
    expect(await who(shows(new UnsecuredJWT(claims).encode()))).toBe(refused)
    expect(await who(shows(`${new UnsecuredJWT(claims).encode()}AA`))).toBe(refused)
    const secret = new TextEncoder().encode(JSON.stringify(jwks))
    const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret)
    expect(await who(shows(symmetric))).toBe(refused)
    const [header, payload, signature] = (await issue({ sub: '1' })).split('.')
    expect(await who(shows(`${header}.${payload}x.${signature}`))).toBe(refused)
  })

  test('has its keys fetched once', async () => {
    const who = authenticate([jwt('ci', { sub: '1' }), jwt('other', { sub: '2' }, 'x')])
    asked.length = 0
    for (let turn = 0; turn < 3; turn++) expect(await who(shows(await issue({ sub: '1' })))).toBe('ci')
    expect(asked).toEqual([JWKS])
  })

  test.each<[string, typeof fetch]>([
    ['nobody answers', () => Promise.reject(new TypeError('refused'))],
    ['an error answers', async () => new Response('', { status: 500 })],
    ['a page answers', async () => new Response('<html>')],
    ['no keys answer', async () => Response.json({})],
  ])('cannot be judged when %s: 503', async (_, fetch) => {
    const who = authenticate([jwt('ci', { sub: '1' })], fetch)
    expect(await who(shows(await issue({ sub: '1' })))).toBe('503 AUTHENTICATION_UNAVAILABLE 1')
  })

  test('of Access counts only where no other is shown', async () => {
    const who = authenticate([jwt('person', { sub: '1' }), token('shop', await hash('first-token'))])
    const access = { 'cf-access-jwt-assertion': await issue({ sub: '1' }) }
    expect(await who(access)).toBe('person')
    expect(await who({ ...access, ...shows('first-token') })).toBe('shop')
    expect(await who({ ...access, ...shows('wrong-token') })).toMatch('401')
  })
})

test('the hash of a token is told from a token: it admits nobody, and the refusal says to send the token', async () => {
  const who = createAuthenticate([token('shop', FIRST)])
  const request = new Request('https://gateway.example/', { headers: { Authorization: `Bearer ${FIRST}` } })
  const refusal = (await who(request).catch(error => error)) as Refusal
  expect(refusal.problem).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
  expect(refusal.problem.detail).toMatch(/hash.*Send the token itself/)
  expect(refusal.problem.detail).not.toContain(FIRST)
})
