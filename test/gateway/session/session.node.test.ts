/** Signing in at the console, and everything that must not get in: other tokens, other pages, other hosts, changed and ended cookies. */
import { createHmac, randomBytes, sign } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { hashOf } from '../../../src/gateway/caller/token.ts'
import type { Caller, GatewayOptions } from '../../../src/gateway/index.ts'
import { PRIVATE_KEY } from '../../fixtures/keys.ts'
import { createTestGateway, type TestGateway } from '../test-gateway.ts'

const ADMIN_TOKEN = 'wxe_admin_0123456789abcdef0123456789abcdef'
const NEW_TOKEN = 'wxe_newer_0123456789abcdef0123456789abcdef'
const SHOP_TOKEN = 'wxe_shop_0123456789abcdef0123456789abcdef'
const ORIGIN = 'https://gateway.example.com'

const callersWith = async (...tokens: string[]): Promise<readonly Caller[]> => [
  { name: 'admin', credential: { tokens: await Promise.all(tokens.map(hashOf)) }, allow: ['* /admin/**'] },
  { name: 'shop', credential: { tokens: [await hashOf(SHOP_TOKEN)] }, allow: ['* /v3/**'] },
]

let one: TestGateway
let options: Partial<GatewayOptions>
beforeAll(async () => {
  options = { callers: await callersWith(ADMIN_TOKEN), authenticate: undefined as never }
  one = await createTestGateway(options)
})
let start: number
beforeEach(() => {
  // Beyond the window in which wrong tokens are counted.
  one.clock.now += 120_000
  start = one.clock.now
})

interface Sent {
  readonly method?: string
  readonly cookie?: string | undefined
  readonly origin?: string | null
  readonly csrf?: string | undefined
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly base?: string
  readonly gateway?: TestGateway
}
async function send(path: string, sent: Sent = {}) {
  const { method = 'GET', cookie, csrf, headers = {}, body, base = ORIGIN, gateway = one } = sent
  const origin = sent.origin === undefined ? (method === 'GET' ? null : base) : sent.origin
  const response = await gateway.gateway.fetch(
    new Request(new URL(path, base), {
      method,
      headers: {
        ...(cookie !== undefined && { cookie }),
        ...(origin !== null && { origin, 'sec-fetch-site': origin === base ? 'same-origin' : 'cross-site' }),
        ...(csrf !== undefined && { 'wechatpay-edge-csrf': csrf }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    }),
  )
  const text = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  const read: any = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, headers: response.headers, body: read }
}
const signIn = (token: string, sent: Sent = {}) =>
  send('/admin/session', { method: 'POST', body: JSON.stringify({ token }), ...sent })
async function signedIn(sent: Sent = {}): Promise<{ cookie: string; csrf: string }> {
  const { status, headers, body } = await signIn(ADMIN_TOKEN, sent)
  expect(status).toBe(200)
  return { cookie: headers.get('set-cookie')!.split(';')[0]!, csrf: body.csrf }
}

describe('signing in', () => {
  test('opens a session for an hour, by a cookie that scripts and other sites never see', async () => {
    const { headers, body } = await signIn(ADMIN_TOKEN)
    expect(headers.get('set-cookie')).toMatch(
      /^__Host-wechatpay-edge-session=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=3600$/,
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({ caller: 'admin', expiresAt: expect.any(Number), csrf: expect.stringMatching(/^[\w-]{43}$/) })
    expect(body.expiresAt - start).toBeGreaterThan(3_598_000)
    const cookie = headers.get('set-cookie')!.split(';')[0]!
    expect((await send('/admin/merchants', { cookie })).status).toBe(200)
    expect((await send('/admin/session', { cookie })).body).toEqual(body)
    expect(one.logged.join('\n')).not.toContain(cookie.split('=')[1])
    expect(one.logged.join('\n')).not.toContain(ADMIN_TOKEN)
  })

  test('refuses a body that is not UTF-8, instead of reading another token in it', async () => {
    const body = new Uint8Array(Buffer.from('{"token":"caf\xe9"}', 'latin1'))
    const response = await send('/admin/session', { method: 'POST', body })
    expect([response.status, response.body.code]).toEqual([400, 'BODY_INVALID'])
  })

  test('at a local address sets a cookie for this port and for /admin alone', async () => {
    const base = 'http://127.0.0.1:8787'
    const { headers } = await signIn(ADMIN_TOKEN, { base })
    expect(headers.get('set-cookie')).toMatch(
      /^wechatpay-edge-session-8787=[\w.-]+; Path=\/admin; HttpOnly; SameSite=Strict; Max-Age=3600$/,
    )
    const cookie = headers.get('set-cookie')!.split(';')[0]!
    expect((await send('/admin/merchants', { base, cookie })).status).toBe(200)
    expect((await send('/admin/merchants', { base: 'http://127.0.0.1:8788', cookie })).status).toBe(401)
  })

  test('at a local address is not kept out by cookies that another port has set, and deletes those', async () => {
    const base = 'http://127.0.0.1:8787'
    const name = 'wechatpay-edge-session-8787'
    const strange = Array.from({ length: 20 }, (_, at) => `${name}=strange${at}`).join('; ')
    const shaped = Array.from(
      { length: 4 },
      (_, at) => `${name}=1.YQ.9999999999.${'A'.repeat(21)}${at}.${'A'.repeat(43)}`,
    )
    const { status, headers } = await signIn(ADMIN_TOKEN, { base, cookie: strange })
    const [own, ...deleted] = headers.getSetCookie()
    expect([status, deleted.map(text => /Path=(\S+);.*Max-Age=0$/.exec(text)?.[1])]).toEqual([
      200,
      ['/', '/admin/', '/admin/session'],
    ])
    const cookie = [strange, ...shaped, own!.split(';')[0]].join('; ')
    expect((await send('/admin/merchants', { base, cookie })).status).toBe(200)
    expect((await signIn(ADMIN_TOKEN, { base })).headers.getSetCookie()).toHaveLength(1)
  })

  test('at a local address behind a proxy that rewrites Host opens the console at PUBLIC_URL', async () => {
    const publicUrl = 'http://localhost:3000'
    const gateway = await createTestGateway({ ...options, publicUrl })
    const sent = { base: 'http://127.0.0.1:8787', headers: { 'sec-fetch-site': 'same-origin' }, gateway }
    const { cookie, csrf } = await signedIn({ ...sent, origin: publicUrl })
    expect(cookie).toMatch(/^wechatpay-edge-session-3000=/)
    expect((await send('/admin/merchants', { ...sent, cookie })).status).toBe(200)
    expect((await send('/admin/sweep', { ...sent, method: 'POST', origin: publicUrl, cookie, csrf })).status).toBe(200)
  })

  test('behind a proxy that ends TLS is Secure, because the browser says https', async () => {
    const { headers } = await signIn(ADMIN_TOKEN, {
      base: 'http://127.0.0.1:8787',
      origin: ORIGIN,
      headers: { 'sec-fetch-site': 'same-origin' },
    })
    expect(headers.get('set-cookie')).toContain('Secure')
  })

  test.each(['http://10.0.0.5:8787', 'http://gateway.example.com', 'http://127.0.0.1.evil.example', 'http://[::2]'])(
    'is refused over http beyond this machine: %s',
    async base => {
      const { status, body, headers } = await signIn(ADMIN_TOKEN, { base })
      expect([status, body.code, headers.get('set-cookie')]).toEqual([403, 'HTTPS_REQUIRED', null])
    },
  )

  test.each([
    ['the token of a service', () => SHOP_TOKEN, 403, 'FORBIDDEN'],
    ['an unknown token', () => 'wxe_unknown', 401, 'UNAUTHENTICATED'],
    ['the hash of the token', () => hashOf(ADMIN_TOKEN), 401, 'UNAUTHENTICATED'],
  ])('with %s is refused without a cookie', async (_, token, status, code) => {
    const refused = await signIn(await token())
    expect([refused.status, refused.body.code, refused.headers.get('set-cookie')]).toEqual([status, code, null])
  })

  test.each([
    ['no JSON', { body: 'token=x', headers: { 'content-type': 'text/plain' } }, 415],
    ['no token', { body: '{}' }, 400],
    ['a list', { body: '[]' }, 400],
    ['5 KB', { body: JSON.stringify({ token: 'x'.repeat(5000) }) }, 413],
    ['a page of another site', { body: '{}', origin: 'https://evil.example' }, 403],
    ['a sandboxed page', { body: '{}', origin: 'null' }, 403],
    ['no page at all', { body: '{}', origin: null }, 403],
  ])('by %s is refused', async (_, sent, status) => {
    expect((await send('/admin/session', { method: 'POST', ...sent })).status).toBe(status)
  })

  test('with wrong tokens is limited, and the right one still gets in', async () => {
    const statuses: number[] = []
    for (let at = 0; at < 12; at++) statuses.push((await signIn(`wrong-${at}`)).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    expect((await signIn('wrong')).headers.get('retry-after')).toBe('60')
    expect((await signIn(ADMIN_TOKEN)).status).toBe(200)
    one.clock.now += 60_000
    expect((await signIn('wrong')).status).toBe(401)
  })
})

describe('a session', () => {
  test('changes something only for the page that has its CSRF token and names its origin', async () => {
    const { cookie, csrf } = await signedIn()
    const sweep = (sent: Sent) => send('/admin/sweep', { method: 'POST', cookie, ...sent })
    const other = await signedIn()
    for (const sent of [{}, { csrf: '' }, { csrf: other.csrf }, { csrf: `${csrf}x` }, { csrf, origin: null }]) {
      const { status, body } = await sweep(sent)
      expect([status, body.code]).toEqual([403, 'CSRF_TOKEN_INVALID'])
    }
    for (const origin of ['https://evil.example', 'https://shop.gateway.example.com', 'null'])
      expect((await sweep({ csrf, origin })).body.code).toBe('CROSS_SITE')
    const sameSite = { 'sec-fetch-site': 'same-site' }
    expect((await send('/admin/merchants', { cookie, headers: sameSite })).body.code).toBe('CROSS_SITE')
    expect((await sweep({ csrf })).status).toBe(200)
  })

  test('opens nothing but /admin: no calls, no metrics', async () => {
    const { cookie, csrf } = await signedIn()
    for (const path of ['/v3/pay/transactions/native', '/checkout/native', '/metrics', '/administrator'])
      expect([401, 404, 405]).toContain((await send(path, { cookie, csrf })).status)
    expect((await send('/v3/pay/transactions/native', { method: 'POST', cookie, csrf, body: '{}' })).status).toBe(401)
    expect((await send('/healthz', { cookie })).body).toEqual({ status: expect.any(String) })
  })

  test('keeps the limits of its caller', async () => {
    const reader = { name: 'admin', credential: { tokens: [await hashOf(ADMIN_TOKEN)] }, allow: ['GET /admin/**'] }
    const gateway = await createTestGateway({ ...options, callers: [reader] })
    const { cookie, csrf } = await signedIn({ gateway })
    expect((await send('/admin/merchants', { cookie, gateway })).status).toBe(200)
    const { status, body } = await send('/admin/sweep', { method: 'POST', cookie, csrf, gateway })
    expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
  })

  test('is signed out of by an operator who may only look, and after too many calls', async () => {
    const credential = { tokens: [await hashOf(ADMIN_TOKEN)] }
    const reader = { name: 'admin', credential, allow: ['GET /admin/**'], rate: { max: 2, seconds: 3600 } }
    const gateway = await createTestGateway({ ...options, callers: [reader] })
    const { cookie, csrf } = await signedIn({ gateway })
    const statuses: number[] = []
    for (let at = 0; at < 3; at++) statuses.push((await send('/admin/merchants', { cookie, gateway })).status)
    expect(statuses).toEqual([200, 200, 429])
    const signOut = (sent: Sent) => send('/admin/session', { method: 'DELETE', cookie, gateway, ...sent })
    expect((await signOut({})).body.code).toBe('CSRF_TOKEN_INVALID')
    expect((await signOut({ csrf, origin: 'https://evil.example' })).body.code).toBe('CROSS_SITE')
    expect((await signOut({ csrf })).status).toBe(204)
    expect((await send('/admin/session', { cookie, gateway })).body.code).toBe('SESSION_EXPIRED')
  })

  test('ends after an hour, and says so', async () => {
    const { cookie } = await signedIn()
    one.clock.now += 3_599_000
    expect((await send('/admin/merchants', { cookie })).status).toBe(200)
    one.clock.now += 2_000
    const { status, body } = await send('/admin/merchants', { cookie })
    expect([status, body.code]).toEqual([401, 'SESSION_EXPIRED'])
  })

  test('ends when the operator signs out, for a thief of the cookie too', async () => {
    const { cookie, csrf } = await signedIn()
    const { status, headers } = await send('/admin/session', { method: 'DELETE', cookie, csrf })
    expect(status).toBe(204)
    expect(headers.get('set-cookie')).toMatch(/^__Host-wechatpay-edge-session=; .*Max-Age=0$/)
    expect((await send('/admin/merchants', { cookie })).body.code).toBe('SESSION_EXPIRED')
  })

  test('is known to other processes and after a restart, and ends with its token', async () => {
    const { cookie, csrf } = await signedIn()
    const restarted = await one.restart()
    expect((await send('/admin/sweep', { method: 'POST', cookie, csrf, gateway: restarted })).status).toBe(200)
    const both = await one.restart({ callers: await callersWith(NEW_TOKEN, ADMIN_TOKEN) })
    expect((await send('/admin/merchants', { cookie, gateway: both })).status).toBe(200)
    const rotated = await one.restart({ callers: await callersWith(NEW_TOKEN) })
    expect((await send('/admin/merchants', { cookie, gateway: rotated })).body.code).toBe('SESSION_EXPIRED')
  })

  test('is signed out of in one process: in others and after a restart, a copied cookie works until its hour or its token ends', async () => {
    const { cookie, csrf } = await signedIn()
    expect((await send('/admin/session', { method: 'DELETE', cookie, csrf })).status).toBe(204)
    const restarted = await one.restart()
    expect((await send('/admin/merchants', { cookie, gateway: restarted })).status).toBe(200)
    const rotated = await one.restart({ callers: await callersWith(NEW_TOKEN) })
    expect((await send('/admin/merchants', { cookie, gateway: rotated })).body.code).toBe('SESSION_EXPIRED')
    restarted.clock.now = one.clock.now + 3_601_000
    expect((await send('/admin/merchants', { cookie, gateway: restarted })).body.code).toBe('SESSION_EXPIRED')
  })

  test('cannot be forged or changed: another caller, a later end, another signature', async () => {
    const { cookie } = await signedIn()
    const [name, value] = cookie.split('=', 2) as [string, string]
    const [version, caller, seconds, id, mac] = value.split('.')
    const shop = btoa('shop').replace(/=+$/, '')
    const forged = [
      [version, shop, seconds, id, mac],
      [version, caller, String(Number(seconds) + 3600), id, mac],
      [version, caller, seconds, id!.split('').reverse().join(''), mac],
      [version, caller, seconds, id, `${mac!.slice(0, -2)}AA`],
      [version, caller, seconds, id, ''],
      ['2', caller, seconds, id, mac],
    ].map(parts => parts.join('.'))
    for (const text of [...forged, '', 'x'.repeat(5000), '__proto__', '%00'])
      expect((await send('/admin/merchants', { cookie: `${name}=${text}` })).status).toBe(401)
    expect((await send('/admin/merchants', { cookie: `${name}=nonsense; ${cookie}` })).status).toBe(200)
  })

  test('does not replace a token: the header decides if both are sent', async () => {
    const { cookie } = await signedIn()
    const authorization = `Bearer ${SHOP_TOKEN}`
    expect((await send('/admin/merchants', { cookie, headers: { authorization } })).body.code).toBe('FORBIDDEN')
  })

  test('is in the audit trail with each thing that it did, whatever came of it', async () => {
    const { cookie, csrf } = await signedIn()
    const { mchid } = one.simulator.merchant
    await send('/admin/sweep', { method: 'POST', cookie, csrf })
    await send(`/admin/merchants/${mchid}/deliveries/999/replay`, { method: 'POST', cookie, csrf })
    const { calls } = (await send('/admin/callers/admin/calls?limit=2', { cookie })).body
    const session = cookie.split('.')[3]!.slice(0, 8)
    expect(calls).toMatchObject([
      {
        path: `/admin/merchants/${mchid}/deliveries/999/replay`,
        mchid,
        status: 404,
        code: 'NOT_FOUND',
        in_doubt: false,
      },
      { path: '/admin/sweep', mchid: '', method: 'POST', status: 200, code: null, numbers: { session } },
    ])
  })

  test('does nothing that cannot be recorded', async () => {
    const { cookie, csrf } = await signedIn()
    const broken = await one.restart({
      ledgerOf: () => ({ ...one.ledger, beginCall: () => Promise.reject(new Error('disk')) }),
    })
    const { status, body } = await send('/admin/sweep', { method: 'POST', cookie, csrf, gateway: broken })
    expect([status, body.code]).toEqual([503, 'LEDGER_UNAVAILABLE'])
    expect(broken.logged.some(line => line.includes('"swept"'))).toBe(false)
    expect((await send('/admin/session', { method: 'DELETE', cookie, csrf, gateway: broken })).status).toBe(204)
  })
})

describe('sessions of a gateway with several merchants', () => {
  const SECRET_TEXT = 'wechatpay-edge: the secret of console sessions, version 1'
  const OTHER = '1900000200'
  let merchants: GatewayOptions['merchants']
  beforeAll(() => {
    const { merchant } = one.simulator
    merchants = {
      [OTHER]: new Wechatpay({
        ...merchant,
        mchid: OTHER,
        serial: 'AB',
        certificate: undefined,
        privateKey: PRIVATE_KEY,
      }),
      [merchant.mchid]: new Wechatpay({ ...merchant }),
    }
  })

  /** Makes a cookie of the caller `admin` from what a thief has, with node:crypto. */
  async function forge(secret: string | Buffer): Promise<string> {
    const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
    const seconds = Math.floor(one.clock.now / 1000) + 1800
    const content = `1.${Buffer.from('admin').toString('base64url')}.${seconds}.${randomBytes(16).toString('base64url')}`
    const key = hmac(secret, await hashOf(ADMIN_TOKEN))
    return `__Host-wechatpay-edge-session=${content}.${hmac(key, `session ${content}`).toString('base64url')}`
  }

  test('are derived from the keys of all, so that nobody forges one with the key of one and the configuration', async () => {
    const gateway = await one.restart({ merchants })
    const { mchid, privateKey } = one.simulator.merchant
    const signed = (key: string): Buffer => sign('sha256', Buffer.from(SECRET_TEXT), key)
    const lines = [
      `${mchid} ${signed(privateKey).toString('base64')}`,
      `${OTHER} ${signed(PRIVATE_KEY).toString('base64')}`,
    ]
    const open = async (secret: string | Buffer) =>
      (await send('/admin/merchants', { cookie: await forge(secret), gateway })).status
    for (const secret of [signed(privateKey), signed(PRIVATE_KEY), ...lines]) expect(await open(secret)).toBe(401)
    expect(await open(lines.join('\n'))).toBe(200)
  })

  test('are the same whatever the order of the merchants, and end with another merchant', async () => {
    const gateway = await one.restart({ merchants })
    const { cookie } = await signedIn({ gateway })
    const reversed = await one.restart({ merchants: Object.fromEntries(Object.entries(merchants).reverse()) })
    expect((await send('/admin/merchants', { cookie, gateway: reversed })).status).toBe(200)
    expect((await send('/admin/merchants', { cookie })).body.code).toBe('SESSION_EXPIRED')
  })

  test('are unavailable while the signer of one fails, which the log names; the others sign once', async () => {
    const { merchant } = one.simulator
    let isDown = true
    let asked = 0
    const signerOf = (key: string, down: () => boolean) => ({
      serial: 'AB',
      sign: async (message: Uint8Array<ArrayBuffer>) => {
        asked++
        if (down()) throw new Error('kms down')
        return new Uint8Array(sign('sha256', message, key))
      },
    })
    const own = { ...merchant, certificate: undefined, privateKey: undefined as never }
    const gateway = await createTestGateway({
      ...options,
      merchants: {
        [merchant.mchid]: new Wechatpay({ ...own, signer: signerOf(merchant.privateKey, () => false) }),
        [OTHER]: new Wechatpay({ ...own, mchid: OTHER, signer: signerOf(PRIVATE_KEY, () => isDown) }),
      },
    })
    for (const calls of [2, 3]) {
      const { status, body } = await signIn(ADMIN_TOKEN, { gateway })
      expect([status, body.code, asked]).toEqual([503, 'SESSION_UNAVAILABLE', calls])
      expect(JSON.stringify(body)).not.toContain(OTHER)
    }
    const unavailable = gateway.logged.filter(line => line.includes('"sessions unavailable"'))
    expect(unavailable.map(line => JSON.parse(line).mchid)).toEqual([OTHER, OTHER])
    isDown = false
    await signedIn({ gateway })
    await signedIn({ gateway })
    expect(asked).toBe(4)
  })
})

test('a signature that failed once keeps nobody out once the signer works again', async () => {
  const { merchant } = one.simulator
  let failures = 1
  const signer = {
    serial: merchant.serial!,
    sign: async (message: Uint8Array<ArrayBuffer>) => {
      if (failures-- > 0) throw new Error('kms down')
      return new Uint8Array(sign('sha256', message, merchant.privateKey))
    },
  }
  const gateway = await createTestGateway(options, { signer, privateKey: undefined as never })
  expect((await signIn(ADMIN_TOKEN, { gateway })).status).toBe(503)
  const { cookie } = await signedIn({ gateway })
  expect((await send('/admin/merchants', { cookie, gateway })).status).toBe(200)
})

test('a private key that does not sign is said, and the token in the header still works', async () => {
  const { merchant } = one.simulator
  const signer = { serial: merchant.serial!, sign: () => Promise.reject(new Error('kms down')) }
  const gateway = await createTestGateway(options, { signer, privateKey: undefined as never })
  expect(await signIn(ADMIN_TOKEN, { gateway })).toMatchObject({ status: 503, body: { code: 'SESSION_UNAVAILABLE' } })
  // The process has not derived the keys yet, with which it would check the cookie.
  const { cookie } = await signedIn()
  const returned = await send('/admin/merchants', { cookie, gateway })
  expect(returned).toMatchObject({ status: 503, body: { code: 'SESSION_UNAVAILABLE' } })
  expect(returned.body.detail).toContain('The log names its merchant')
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  expect((await send('/admin/merchants', { gateway, headers })).status).toBe(200)
  expect((await send('/admin/session', { gateway, headers })).body).toEqual({
    caller: 'admin',
    expiresAt: null,
    csrf: null,
  })
})

test('a gateway without a merchant says so, and does not refer to its log', async () => {
  const gateway = await one.restart({ merchants: {} })
  const { status, body, headers } = await signIn(ADMIN_TOKEN, { gateway })
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'SESSION_UNAVAILABLE', null])
  expect(body.detail).toContain('this gateway has no merchant')
  expect(body.detail).not.toContain('log')
})
