/** Cloudflare Access puts its assertion into whatever a logged-in browser sends, also at the bidding of another site's page. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { request as connect } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import type { Caller } from '../../../src/gateway/index.ts'
import { serve, type TestServer } from '../../fixtures/server.ts'
import { createTestGateway, nativeOrder, payOrder, type TestGateway } from '../test-gateway.ts'

const issuer = 'https://team.cloudflareaccess.com'
const person: Caller = {
  name: 'person',
  credential: { issuer, audience: 'aud', jwks: `${issuer}/certs`, claims: { email: 'a@example.com' } },
  allow: ['* /**'],
}
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const message = `${encode({ alg: 'RS256', kid: 'one' })}.${encode({ iss: issuer, aud: ['aud'], email: 'a@example.com', exp: Math.floor(Date.now() / 1000) + 3600 })}`
const jwt = `${message}.${sign('sha256', Buffer.from(message), privateKey).toString('base64url')}`
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] }
const ASSERTION = { 'cf-access-jwt-assertion': jwt }

let one: TestGateway
let server: TestServer
beforeAll(async () => {
  const authenticate = createAuthenticate([person], { fetch: async () => Response.json(jwks) })
  one = await createTestGateway({ authenticate })
  server = await serve(request => one.gateway.fetch(request))
})
afterAll(() => server[Symbol.asyncDispose]())

/** A request as it arrives over the wire, header by header. */
async function raw(method: string, path: string, headers: Record<string, string>, body = '') {
  const { hostname, port } = new URL(server.url)
  const outgoing = connect({
    host: hostname,
    port,
    method,
    path,
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
  })
  outgoing.end(body)
  const incoming = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    outgoing.on('response', resolve).on('error', reject),
  )
  const answer = await text(incoming)
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    answer,
    code: answer.startsWith('{') ? JSON.parse(answer).code : undefined,
  }
}

let number = 0
const orders = () => one.simulator.journal.filter(({ method }) => method === 'POST').length
const order = () => JSON.stringify(nativeOrder(one, `X${100_000 + number++}`))
const NATIVE = '/v3/pay/transactions/native'
const JSON_TYPE = { 'content-type': 'application/json' }

let before: number
beforeEach(() => {
  before = orders()
})

describe('under an ambient credential nothing is placed or refunded by', () => {
  test.each<[string, Record<string, string>]>([
    ['a form of text/plain', { 'content-type': 'text/plain' }],
    ['a form of text/plain that speaks of JSON', { 'content-type': 'text/plain; x=application/json' }],
    ['a url-encoded form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a body without a content type', {}],
    ['a type that only begins like JSON', { 'content-type': 'application/jsonp' }],
    ['a form of files', { 'content-type': 'multipart/form-data; boundary=x' }],
  ])('%s', async (_, headers) => {
    for (const path of [NATIVE, '/checkout/native', '/v3/refund/domestic/refunds', '/v2/pay/orderquery']) {
      const { status, code, answer } = await raw('POST', path, { ...ASSERTION, ...headers }, order())
      expect([path, status, code]).toEqual([path, 415, 'CONTENT_TYPE_INVALID'])
      expect(answer).toContain('content-type:application/json')
    }
    expect(orders()).toBe(before)
  })

  test.each<[string, Record<string, string>]>([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of a sibling', { 'sec-fetch-site': 'same-site' }],
    ['a page of another site, by an older browser', { origin: 'https://evil.example' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a page without origin, in a sandbox', { origin: 'null' }],
    ['a page whose host begins like the gateway', { origin: 'https://gateway.example.com.evil.example' }],
    ['a browser that says something new', { 'sec-fetch-site': 'cross-origin' }],
  ])('%s, in correct JSON', async (_, headers) => {
    for (const path of [NATIVE, '/checkout/native', '/v3/refund/domestic/refunds', '/v2/pay/orderquery']) {
      const { status, code } = await raw('POST', path, { ...ASSERTION, ...JSON_TYPE, ...headers }, order())
      expect([path, status, code]).toEqual([path, 403, 'CROSS_SITE'])
    }
    expect(orders()).toBe(before)
  })

  test('a page that shows Basic credentials, which browsers add by themselves', async () => {
    const headers = { ...JSON_TYPE, origin: 'https://evil.example', authorization: 'Basic YTpi' }
    expect(await raw('POST', NATIVE, headers, order())).toMatchObject({ status: 403, code: 'CROSS_SITE' })
  })
})

describe('under an ambient credential nothing of the operator’s is set going by another site', () => {
  const cross = {
    ...ASSERTION,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  }

  test('no sweep, no replay, no resend: by a form, with a body or without', async () => {
    await payOrder(await asCaller(), 'X200001')
    const { mchid } = one.simulator.merchant
    const [delivery] = await one.ledger.deliveries(mchid, { limit: 1 })
    const paths = [
      '/admin/sweep',
      `/admin/merchants/${mchid}/events/1/resend`,
      `/admin/merchants/${mchid}/deliveries/${delivery!.id}/replay`,
      `/admin/merchants/${mchid}/dead/replay`,
    ]
    const jobs = one.jobs.length
    for (const path of paths) {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
        expect((await raw('POST', path, { ...cross, 'content-type': type })).status).toBe(403)
        // By a browser that says nothing of where a form comes from.
        expect((await raw('POST', path, { ...ASSERTION, 'content-type': type })).status).toBe(415)
        expect((await raw('POST', path, { ...ASSERTION, 'content-type': type }, '{}')).status).toBe(415)
      }
      expect((await raw('POST', path, cross)).status).toBe(403)
      expect((await raw('POST', path, { ...ASSERTION, origin: 'https://evil.example' })).status).toBe(403)
    }
    expect(one.jobs.length).toBe(jobs)
    expect((await raw('POST', `/admin/merchants/${mchid}/events/1/resend`, ASSERTION, '{}')).status).toBe(415)
  })

  test('no image, script, frame or fetch of another site reads anything, and none signs a query', async () => {
    const calls = one.simulator.journal.length
    const { mchid } = one.simulator.merchant
    const query = `/v3/pay/transactions/out-trade-no/X1?mchid=${mchid}`
    for (const [mode, dest] of [
      ['no-cors', 'image'],
      ['no-cors', 'script'],
      ['cors', 'empty'],
      ['navigate', 'iframe'],
      ['navigate', 'document'],
    ]) {
      const headers = { ...ASSERTION, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode!, 'sec-fetch-dest': dest! }
      expect((await raw('GET', query, headers)).status).toBe(403)
      if (dest !== 'document')
        for (const path of ['/admin/merchants', '/metrics', '/healthz?deep'])
          expect((await raw('GET', path, headers)).status).toBe(403)
    }
    expect(one.simulator.journal.length).toBe(calls)
  })

  test('a link to one of the gateway’s own pages may be followed: a login ends with one', async () => {
    for (const path of ['/admin/merchants', '/metrics', '/healthz'])
      expect((await raw('GET', path, cross)).status).toBe(200)
  })

  test('a page that asks first, whether it may, is not told that it may', async () => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
      ...ASSERTION,
    }
    for (const path of [NATIVE, '/checkout/native', '/admin/sweep', '/v2/pay/orderquery']) {
      const answer = await raw('OPTIONS', path, headers)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control'))).toEqual([])
    }
  })
})

describe('what means to call goes on calling', () => {
  test.each<[string, Record<string, string>]>([
    ['a server', {}],
    ['a page at the gateway’s own origin', { 'sec-fetch-site': 'same-origin', origin: 'https://gateway.example.com' }],
    ['such a page in an older browser, by PUBLIC_URL', { origin: 'https://gateway.example.com' }],
    ['JSON with a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['JSON of a kind', { 'content-type': 'application/vnd.shop.order+json' }],
  ])('%s', async (_, headers) => {
    expect(await raw('POST', NATIVE, { ...ASSERTION, ...JSON_TYPE, ...headers }, order())).toMatchObject({
      status: 200,
    })
    expect(orders()).toBe(before + 1)
  })

  test('such a page where TLS ends before the gateway', async () => {
    const { host } = new URL(server.url)
    const headers = { ...ASSERTION, ...JSON_TYPE, origin: `https://${host}` }
    expect(await raw('POST', NATIVE, headers, order())).toMatchObject({ status: 200 })
  })

  test('a bearer token from anywhere: no page sends one without asking first', async () => {
    const headers = {
      ...JSON_TYPE,
      authorization: `Bearer ${jwt}`,
      origin: 'https://app.example',
      'sec-fetch-site': 'cross-site',
    }
    expect(await raw('POST', NATIVE, headers, order())).toMatchObject({ status: 200 })
  })

  test('an operator’s POST without a body', async () => {
    expect(await raw('POST', '/admin/sweep', ASSERTION)).toMatchObject({ status: 200 })
  })
})

/** The same gateway, for whoever means to call. */
const asCaller = async (): Promise<TestGateway> => ({
  ...one,
  call: (path, init) =>
    one.call(path, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${jwt}` },
    }),
})
