/** The Worker behind Cloudflare Access, which puts its assertion into whatever a logged-in browser sends. */
import { beforeAll, describe, expect, test } from 'vitest'
import { base64, utf8 } from '../../src/core/base/bytes.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import type { Env } from '../../worker/index.ts'
import { json, realEnvironment, serve, shop } from './real.ts'

const ISSUER = 'https://team.cloudflareaccess.com'
const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const encode = (value: object): string => base64url(utf8(JSON.stringify(value)))

/** Signs as Access does, with WebCrypto. */
async function issue(): Promise<string> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  }
  const { publicKey, privateKey } = (await crypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const { kty, n, e } = (await crypto.subtle.exportKey('jwk', publicKey)) as JsonWebKey
  const keys = [{ kty, n, e, kid: 'one', use: 'sig', alg: 'RS256' }]
  await fetch(`${shop.url}/jwks`, { method: 'PUT', body: JSON.stringify({ keys }) })
  const claims = { iss: ISSUER, aud: ['aud'], email: 'a@example.com', exp: Math.floor(Date.now() / 1000) + 3600 }
  const message = `${encode({ alg: 'RS256', kid: 'one' })}.${encode(claims)}`
  const signature = await crypto.subtle.sign(algorithm.name, privateKey, utf8(message))
  return `${message}.${base64url(new Uint8Array(signature))}`
}

let simulator: Simulator
let given: Env
let assertion: Record<string, string>
beforeAll(async () => {
  simulator = await createSimulator({ mchid: '1900000336' })
  const jwt = { issuer: ISSUER, audience: 'aud', jwks: `${shop.url}/jwks`, claims: { email: 'a@example.com' } }
  const GATEWAY_CONFIG = JSON.stringify({ callers: [{ name: 'person', allow: ['* /**'], jwt }] })
  given = realEnvironment(simulator, { GATEWAY_CONFIG, PUBLIC_URL: undefined })
  assertion = { 'cf-access-jwt-assertion': await issue() }
})

/** A refund: it goes by the binding of the client certificate, behind which is the simulator. */
const refund = (init: RequestInit) => serve('/v2/secapi/pay/refund', given, { ...init, method: 'POST' })
const fields = () => ({
  mch_id: '1900000336',
  out_trade_no: 'none',
  out_refund_no: crypto.randomUUID(),
  total_fee: 1,
  refund_fee: 1,
})
const told = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code]

describe('a page of another site', () => {
  test.each([
    ['text/plain', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form of files', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['no content type', {}],
  ])('refunds nothing by %s', async (_, headers) => {
    const before = simulator.journal.length
    const body = new Blob([JSON.stringify(fields())])
    expect(await told(await refund({ body, headers: { ...assertion, ...(headers as object) } }))).toEqual([
      415,
      'CONTENT_TYPE_INVALID',
    ])
    expect(simulator.journal.length).toBe(before)
  })

  test.each([
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }],
    ['another Origin', { origin: 'https://evil.example' }],
    ['no Origin of its own', { origin: 'null' }],
  ])('refunds and replays nothing in correct JSON: %s', async (_, headers) => {
    const before = simulator.journal.length
    expect(await told(await refund(json(fields(), { ...assertion, ...headers })))).toEqual([403, 'CROSS_SITE'])
    for (const path of ['/admin/sweep', '/admin/merchants/1900000336/dead/replay', '/checkout/native'])
      expect(await told(await serve(path, given, json({}, { ...assertion, ...headers })))).toEqual([403, 'CROSS_SITE'])
    expect(simulator.journal.length).toBe(before)
  })
})

test('who means to call does: a server, and a page of the gateway’s own origin', async () => {
  const own = { origin: 'https://gateway.example', 'sec-fetch-site': 'same-origin' }
  const senders: Record<string, string>[] = [{}, own, { origin: own.origin }]
  for (const headers of senders) {
    const before = simulator.journal.length
    expect((await refund(json(fields(), { ...assertion, ...headers }))).status).toBe(200)
    expect(simulator.journal.length).toBe(before + 1)
  }
})

test('an operator uses the console without a session of the gateway, and all that is done is recorded under the name', async () => {
  const own = { ...assertion, origin: 'https://gateway.example', 'sec-fetch-site': 'same-origin' }
  const read = async (path: string): Promise<unknown> => (await serve(path, given, { headers: own })).json()
  const page = await serve('/console/', given, { headers: own })
  expect([page.status, page.headers.get('content-security-policy')]).toEqual([
    200,
    expect.stringContaining("frame-ancestors 'none'"),
  ])
  expect(await read('/console/origin.json')).toEqual({ serves: ['gateway'] })
  expect(await read('/admin/session')).toEqual({ caller: 'person', expiresAt: null, csrf: null })
  expect((await serve('/admin/sweep', given, { method: 'POST', headers: own })).status).toBe(200)
  expect(await read('/admin/callers/person/calls?limit=1')).toMatchObject({
    calls: [{ caller: 'person', method: 'POST', path: '/admin/sweep', status: 200 }],
  })
})
