import { describe, expect, it } from 'vitest'
import { GatewayConfigurationError, readConfig, readEndpoints } from '../../../src/gateway/config/config.ts'

const HASH = `sha256:${'ab'.repeat(32)}`
const OTHER = `sha256:${'cd'.repeat(32)}`
const SECRET = `whsec_${btoa('0123456789abcdefghijklmn')}`
const MERCHANT = { WECHATPAY_MCHID: '1900000109', WECHATPAY_PRIVATE_KEY: '-----BEGIN', WECHATPAY_SERIAL: 'AB' }
const SIMPLE = { ...MERCHANT, GATEWAY_TOKEN: HASH }
const HOOK = { WEBHOOK_URL: 'https://shop.example.com/hook', WEBHOOK_SECRET: SECRET }
const SEVERAL = {
  WECHATPAY_MERCHANTS: '1900000109, 1900000110',
  WECHATPAY_1900000109_PRIVATE_KEY_FILE: 'apiclient_key.pem',
  WECHATPAY_1900000109_CERTIFICATE_FILE: 'apiclient_cert.pem',
  WECHATPAY_1900000110_APIV2_KEY: 'v2',
  GATEWAY_TOKEN: HASH,
}

/** Every mistake, `option: message`, a line each. */
function mistakes(
  env: Record<string, unknown>,
  read: (env: Record<string, unknown>) => unknown = readConfig,
): string[] {
  try {
    read(env)
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayConfigurationError)
    const { code, option, message, problems } = error as GatewayConfigurationError
    const lines = problems.map(problem => `${problem.option}: ${problem.message}`)
    expect([code, option, message]).toEqual(['OPTION_INVALID', problems[0]!.option, `${lines.join('.\n')}.`])
    return lines
  }
  return []
}
const mistake = (env: Record<string, unknown>): string => {
  const lines = mistakes(env)
  expect(lines).toHaveLength(1)
  return lines[0]!
}

describe('one merchant', () => {
  it('is what the adapters read, as it stands, and nothing else', () => {
    const WECHATPAY_MTLS = { fetch }
    const environment = {
      ...MERCHANT,
      WECHATPAY_MTLS,
      WECHATPAY_BASE_URL: 'http://127.0.0.1:1',
      WECHATPAY_P12_FILE: 'a',
    }
    const config = readConfig({
      ...environment,
      WECHATPAY_APIV3_KEY: '',
      WECHATPAY_APPID: 'wx1',
      GATEWAY_TOKEN: HASH,
      PATH: '/',
    })
    expect(config).toEqual({
      merchants: [{ mchid: '1900000109', environment }],
      callers: [
        { name: 'default', credential: { tokens: [HASH] }, allow: ['* /v3/**', '* /v2/**', 'POST /checkout/*'] },
      ],
      endpoints: [],
      publicUrl: undefined,
      retentionDays: undefined,
      level: 'info',
    })
    expect(config.merchants[0]!.environment.WECHATPAY_MTLS).toBe(WECHATPAY_MTLS)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['that is not named', { WECHATPAY_MCHID: undefined }, 'WECHATPAY_MCHID: is missing'],
    ['whose id is none', { WECHATPAY_MCHID: 'wx123' }, 'WECHATPAY_MCHID: is no merchant id'],
    ['without any key', { WECHATPAY_PRIVATE_KEY: '' }, 'WECHATPAY_PRIVATE_KEY: is missing'],
    ['without a serial', { WECHATPAY_SERIAL: '' }, 'WECHATPAY_SERIAL: is missing'],
    ['with half a public key', { WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1' }, 'WECHATPAY_PUBLIC_KEY: is missing'],
    ['with the other half', { WECHATPAY_PUBLIC_KEY_FILE: 'a.pem' }, 'WECHATPAY_PUBLIC_KEY_ID: is missing'],
    ['whose key is a binding', { WECHATPAY_APIV3_KEY: {} }, 'WECHATPAY_APIV3_KEY: a text is due'],
    [
      'misspelt',
      { WECHATPAY_APIV3KEY: 'x' },
      'WECHATPAY_APIV3KEY: nobody reads it. The name is probably WECHATPAY_APIV3_KEY',
    ],
    [
      'beside another',
      { WECHATPAY_1900000110_SERIAL: 'A' },
      'WECHATPAY_1900000110_SERIAL: 1900000110 is not in WECHATPAY_MERCHANTS',
    ],
  ])('%s', (_, more, message) => {
    expect(mistake({ ...SIMPLE, ...more })).toContain(message)
  })
})

describe('several merchants', () => {
  it('have their variables each, and share what is shared', () => {
    const WECHATPAY_CERTIFICATES = { get() {}, put() {} }
    const shared = { WECHATPAY_CERTIFICATES, WECHATPAY_BASE_URL: 'http://127.0.0.1:1' }
    expect(readConfig({ ...SEVERAL, ...shared }).merchants).toEqual([
      {
        mchid: '1900000109',
        environment: {
          WECHATPAY_MCHID: '1900000109',
          WECHATPAY_PRIVATE_KEY_FILE: 'apiclient_key.pem',
          WECHATPAY_CERTIFICATE_FILE: 'apiclient_cert.pem',
          ...shared,
        },
      },
      { mchid: '1900000110', environment: { WECHATPAY_MCHID: '1900000110', WECHATPAY_APIV2_KEY: 'v2', ...shared } },
    ])
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['and one', { WECHATPAY_MCHID: '1900000109' }, 'WECHATPAY_MCHID: WECHATPAY_MERCHANTS is set too'],
    ['and a key of nobody', { WECHATPAY_SERIAL: 'A' }, 'Give each merchant its own: WECHATPAY_1900000109_SERIAL'],
    ['one without any key', { WECHATPAY_1900000110_APIV2_KEY: '' }, 'WECHATPAY_1900000110_PRIVATE_KEY: is missing'],
    ['one not listed', { WECHATPAY_1900000111_SERIAL: 'A' }, '1900000111 is not in WECHATPAY_MERCHANTS'],
    ['one twice', { WECHATPAY_MERCHANTS: '1900000109,1900000110,1900000109' }, '1900000109 is there twice'],
    [
      'one misspelt',
      { WECHATPAY_1900000110_SERAIL: 'A' },
      'WECHATPAY_1900000110_SERAIL: nobody reads it. The name is probably WECHATPAY_1900000110_SERIAL',
    ],
    [
      'one that is none',
      { WECHATPAY_MERCHANTS: '1900000109,1900000110,verySecret' },
      'WECHATPAY_MERCHANTS: is no merchant id',
    ],
  ])('%s', (_, more, message) => {
    expect(mistake({ ...SEVERAL, ...more })).toContain(message)
    expect(mistake({ ...SEVERAL, ...more })).not.toContain('verySecret')
  })
})

describe('callers', () => {
  it('are two at the simplest, tokens in rotation', () => {
    const { callers } = readConfig({
      ...MERCHANT,
      GATEWAY_TOKEN: `${HASH}, ${OTHER}`,
      GATEWAY_ADMIN_TOKEN: `sha256:${'0'.repeat(64)}`,
    })
    expect(callers.map(({ name, credential }) => [name, credential])).toEqual([
      ['default', { tokens: [HASH, OTHER] }],
      ['admin', { tokens: [`sha256:${'0'.repeat(64)}`] }],
    ])
    expect(callers[1]!.allow).toEqual(['* /admin/**', 'GET /metrics', 'GET /healthz'])
  })

  it('are as many as GATEWAY_CONFIG has, as text or as an object', () => {
    const jwt = { issuer: 'https://a.example', audience: 'b', jwks: 'https://a.example/keys', claims: { sub: 'c' } }
    const config = {
      callers: [
        {
          name: 'shop',
          tokens: [HASH],
          merchants: ['1900000109'],
          allow: ['POST /v3/**'],
          maxAmount: 10_000,
          rate: '60/30',
        },
        { name: 'ops', jwt, allow: ['* /admin/**'], rate: { most: 1, seconds: 2 } },
      ],
      retentionDays: 30,
      publicUrl: 'https://pay.example.com/gateway/',
    }
    const { tokens: _, ...shop } = config.callers[0]!
    for (const GATEWAY_CONFIG of [config, JSON.stringify(config)]) {
      const { callers, retentionDays, publicUrl } = readConfig({ ...MERCHANT, GATEWAY_CONFIG })
      expect(callers).toEqual([
        { ...shop, credential: { tokens: [HASH] }, rate: { most: 60, seconds: 30 } },
        { name: 'ops', credential: jwt, allow: ['* /admin/**'], rate: { most: 1, seconds: 2 } },
      ])
      expect([retentionDays, publicUrl]).toEqual([30, 'https://pay.example.com/gateway'])
    }
  })

  it('are due', () => {
    expect(mistake(MERCHANT)).toMatch(/^GATEWAY_TOKEN: is missing.*npx wechatpay-edge token$/)
  })

  const CALLER = { name: 'shop', tokens: [HASH], allow: ['GET /v3/**'] }
  const JWT = { issuer: 'i', audience: 'a', jwks: 'https://a.example/', claims: { sub: 's' } }
  const withJwt = (more: object) => [{ name: 'shop', jwt: { ...JWT, ...more }, allow: ['GET /v3/**'] }]
  it.each<[string, unknown, string]>([
    ['callers that are no list', {}, 'callers: a list is due'],
    ['that are nothing', [null], 'callers[0]: an object is due'],
    ['a name that is none', [{ ...CALLER, name: 'a b' }], 'callers[0].name: is none'],
    ['a name that is too long', [{ ...CALLER, name: 'a'.repeat(65) }], 'callers[0].name: is none'],
    ['one name twice', [CALLER, { ...CALLER, tokens: [OTHER] }], 'callers[1]: another one is called shop already'],
    ['the name of another variable’s', [{ ...CALLER, name: 'admin' }], 'callers[0]: another one is called admin'],
    ['one token twice', [CALLER, { ...CALLER, name: 'b' }], "callers[1]: has a token of shop's"],
    [
      'a key that there is not',
      [{ ...CALLER, maxAmmount: 1 }],
      'callers[0].maxAmmount: nobody reads it. The name is probably maxAmount',
    ],
    ['neither token nor JWT', [{ ...CALLER, tokens: undefined }], 'callers[0].tokens: is missing'],
    ['no token', [{ ...CALLER, tokens: [] }], 'callers[0].tokens: a list of texts is due'],
    ['both', [{ ...CALLER, jwt: JWT }], 'callers[0].jwt: tokens are given too'],
    ['nothing allowed', [{ ...CALLER, allow: undefined }], 'callers[0].allow: is missing'],
    [
      'a pattern that is none',
      [{ ...CALLER, allow: ['GET /a', '/v3/**'] }],
      'callers[0].allow[1]: "/v3/**" is not "METHOD',
    ],
    [
      'a merchant of nobody',
      [{ ...CALLER, merchants: ['1'] }],
      'callers[0].merchants[0]: "1" is no merchant of this gateway. There are: 1900000109',
    ],
    ['a merchant that is a number', [{ ...CALLER, merchants: [1900000109] }], 'callers[0].merchants: a list of texts'],
    ['an amount in yuan', [{ ...CALLER, maxAmount: 0.01 }], 'callers[0].maxAmount: a whole number'],
    ['a rate of nothing', [{ ...CALLER, rate: '0/60' }], 'callers[0].rate: is "60/60"'],
    ['a rate without time', [{ ...CALLER, rate: 60 }], 'callers[0].rate: is "60/60"'],
    ['keys over http', withJwt({ jwks: 'http://a.example/' }), 'callers[0].jwt.jwks: is no https URL'],
    ['no audience', withJwt({ audience: '' }), 'callers[0].jwt.audience: a text is due'],
    ['no claims', withJwt({ claims: {} }), 'callers[0].jwt.claims: at least one claim is due'],
    ['claims that are no texts', withJwt({ claims: { a: 1 } }), 'callers[0].jwt.claims: at least one'],
    [
      'a key of a JWT that there is not',
      withJwt({ jwk: 'a' }),
      'callers[0].jwt.jwk: nobody reads it. The name is probably jwks',
    ],
  ])('%s', (_, callers, message) => {
    const GATEWAY_ADMIN_TOKEN = `sha256:${'0'.repeat(64)}`
    expect(mistake({ ...MERCHANT, GATEWAY_ADMIN_TOKEN, GATEWAY_CONFIG: { callers } })).toContain(
      `GATEWAY_CONFIG.${message}`,
    )
  })

  it.each([
    ['GATEWAY_TOKEN', { GATEWAY_TOKEN: 'wxe_verySecret' }],
    ['GATEWAY_TOKEN', { GATEWAY_TOKEN: `${HASH},` }],
    ['GATEWAY_ADMIN_TOKEN', { GATEWAY_ADMIN_TOKEN: 'sha256:verySecret' }],
    ['GATEWAY_CONFIG.callers[0].tokens', { GATEWAY_CONFIG: { callers: [{ ...CALLER, tokens: ['verySecret'] }] } }],
  ])('%s: what is no hash is answered with the way to one, and not shown', (option, more) => {
    const line = mistake({ ...SIMPLE, ...more })
    expect(line).toMatch(/npx wechatpay-edge token$/)
    expect(line.startsWith(`${option}: is no hash`)).toBe(true)
    expect(line).not.toContain('verySecret')
  })
})

describe('endpoints', () => {
  it('are one at the simplest', () => {
    expect(readConfig({ ...SIMPLE, ...HOOK }).endpoints).toEqual([
      { name: 'default', url: HOOK.WEBHOOK_URL, events: ['*'], secrets: [SECRET] },
    ])
    const near = {
      WEBHOOK_URL: 'http://127.0.0.1:3000/',
      WEBHOOK_ALLOW_PRIVATE: 'true',
      WEBHOOK_SECRET: `${SECRET} ${SECRET}`,
    }
    expect(readEndpoints(near)).toEqual([
      { name: 'default', url: near.WEBHOOK_URL, events: ['*'], secrets: [SECRET, SECRET], allowPrivate: true },
    ])
    expect(readEndpoints({})).toEqual([])
  })

  it('are as many as GATEWAY_CONFIG has; each names the variable of its secret', () => {
    const one = { name: 'erp', url: 'https://erp.example.com/', events: ['REFUND.*'], merchants: ['1900000109'] }
    const two = { name: 'local', url: 'http://10.0.0.1/', events: ['*'], allowPrivate: true }
    const GATEWAY_CONFIG = {
      endpoints: [
        { ...one, secret: 'ERP_SECRET' },
        { ...two, secret: 'GATEWAY_HOOK' },
      ],
    }
    const secrets = { ERP_SECRET: SECRET, GATEWAY_HOOK: SECRET }
    expect(readConfig({ ...SIMPLE, ...secrets, GATEWAY_CONFIG }).endpoints).toEqual([
      { ...one, secrets: [SECRET] },
      { ...two, secrets: [SECRET] },
    ])
    const usual = { GATEWAY_CONFIG: { endpoints: [one] }, WEBHOOK_SECRET: SECRET }
    expect(readConfig({ ...SIMPLE, ...usual }).endpoints).toEqual([{ ...one, secrets: [SECRET] }])
    // Whose merchants there are is not asked where there is no merchant to know.
    expect(readEndpoints(usual)).toEqual([{ ...one, secrets: [SECRET] }])
  })

  it.each<[Record<string, unknown>, string]>([
    [{ WEBHOOK_URL: 'shop.example.com' }, 'WEBHOOK_URL: is no URL'],
    [{ WEBHOOK_URL: 'ftp://shop.example.com' }, 'WEBHOOK_URL: is no URL'],
    [
      { WEBHOOK_URL: 'http://shop.example.com' },
      'WEBHOOK_URL: is not https. Where it lies in your own network set WEBHOOK_ALLOW_PRIVATE=true',
    ],
    [{ WEBHOOK_URL: 'https://10.0.0.1/' }, 'WEBHOOK_URL: is a private address'],
    [{ WEBHOOK_URL: 'https://[::1]/' }, 'WEBHOOK_URL: is a private address'],
    [{ WEBHOOK_URL: 'https://0x7f000001/' }, 'WEBHOOK_URL: is a private address'],
    [{ WEBHOOK_URL: 'https://u:p@shop.example.com/' }, 'WEBHOOK_URL: has a user'],
    [{ WEBHOOK_URL: undefined }, 'WEBHOOK_SECRET: is set without WEBHOOK_URL'],
    [{ WEBHOOK_SECRET: undefined }, 'WEBHOOK_SECRET: is missing'],
    [{ WEBHOOK_SECRET: 'verySecret' }, 'WEBHOOK_SECRET: is no secret'],
    [{ WEBHOOK_SECRET: `whsec_${btoa('verySecret')}` }, 'WEBHOOK_SECRET: is no secret'],
    [{ WEBHOOK_SECRET: `whsec_${btoa('a'.repeat(65))}` }, 'WEBHOOK_SECRET: is no secret'],
    [{ WEBHOOK_SECRET: `${SECRET} ${SECRET.slice(6)}` }, 'WEBHOOK_SECRET: is no secret'],
    [{ WEBHOOK_ALLOW_PRIVATE: 'yes' }, 'WEBHOOK_ALLOW_PRIVATE: is true or false'],
    [{ WEBHOOK_URI: 'https://shop.example.com' }, 'WEBHOOK_URI: nobody reads it. The name is probably WEBHOOK_URL'],
  ])('%o', (more, message) => {
    for (const read of [readConfig, readEndpoints]) {
      const [line, ...others] = mistakes({ ...SIMPLE, ...HOOK, ...more }, read)
      expect(others).toEqual([])
      expect(line).toContain(message)
      expect(line).not.toContain('verySecret')
      expect(line).not.toContain(btoa('verySecret'))
    }
  })

  const ENDPOINT = { name: 'erp', url: 'https://erp.example.com/', events: ['*'], secret: 'ERP' }
  it.each<[unknown, string]>([
    ['x', 'endpoints: a list is due'],
    [[{ ...ENDPOINT, name: '' }], 'endpoints[0].name: is none'],
    [[{ ...ENDPOINT, name: 'default' }], 'endpoints[0].name: another one is called default already'],
    [[{ ...ENDPOINT, url: undefined }], 'endpoints[0].url: is missing'],
    [[{ ...ENDPOINT, url: 'http://10.0.0.1' }], 'endpoints[0].url: is not https'],
    [
      [{ ...ENDPOINT, url: 'https://192.168.1.1' }],
      'endpoints[0].url: is a private address. Where that is meant set allowPrivate to true',
    ],
    [[{ ...ENDPOINT, events: [] }], 'endpoints[0].events: a list of texts is due'],
    [[{ ...ENDPOINT, events: ['*.SUCCESS'] }], 'endpoints[0].events[0]: is no event'],
    [[{ ...ENDPOINT, merchants: ['2'] }], 'endpoints[0].merchants[0]: "2" is no merchant'],
    [[{ ...ENDPOINT, allowPrivate: 'true' }], 'endpoints[0].allowPrivate: is true or false'],
    [[{ ...ENDPOINT, secret: 'verySecret' }], 'endpoints[0].secret: is the name, in capitals, of the variable'],
    [[{ ...ENDPOINT, secret: SECRET }], 'endpoints[0].secret: is the name, in capitals'],
    [[{ ...ENDPOINT, event: ['*'] }], 'endpoints[0].event: nobody reads it. The name is probably events'],
  ])('%o', (endpoints, message) => {
    const line = mistake({ ...SIMPLE, ...HOOK, ERP: SECRET, GATEWAY_CONFIG: { endpoints } })
    expect(line).toContain(`GATEWAY_CONFIG.${message}`)
    expect(line).not.toContain(SECRET)
    expect(line).not.toContain('verySecret')
  })
})

describe('the configuration', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ GATEWAY_LOG: 'error' }, 'GATEWAY_LOG: is debug, info, warn'],
    [{ GATEWAY_TOKENS: HASH }, 'GATEWAY_TOKENS: nobody reads it. The name is probably GATEWAY_TOKEN'],
    [{ PUBLIC_URL: 'pay.example.com' }, 'PUBLIC_URL: is where the gateway is reached'],
    [{ PUBLIC_URL: 'http://pay.example.com' }, 'PUBLIC_URL: is where the gateway is reached'],
    [{ PUBLIC_URL: 'https://pay.example.com/?a=b' }, 'PUBLIC_URL: is where the gateway is reached'],
    [{ GATEWAY_CONFIG: { publicUrl: 1 } }, 'GATEWAY_CONFIG.publicUrl: is where the gateway is reached'],
    [
      { GATEWAY_CONFIG: { publicUrl: 'https://a.b' }, PUBLIC_URL: 'https://a.b' },
      'PUBLIC_URL: GATEWAY_CONFIG.publicUrl is set too',
    ],
    [{ GATEWAY_CONFIG: { retentionDays: 0 } }, 'GATEWAY_CONFIG.retentionDays: a whole number'],
    [{ GATEWAY_CONFIG: { caller: [] } }, 'GATEWAY_CONFIG.caller: nobody reads it. The name is probably callers'],
    [{ GATEWAY_CONFIG: '[]' }, 'GATEWAY_CONFIG: an object is due'],
    [{ GATEWAY_CONFIG: '{"verySecret": }' }, 'GATEWAY_CONFIG: is no JSON'],
    [{ GATEWAY_CONFIG: '{"__proto__": {}}' }, 'GATEWAY_CONFIG.__proto__: nobody reads it'],
  ])('%o', (more, message) => {
    expect(mistake({ ...SIMPLE, ...more })).toContain(message)
    expect(mistake({ ...SIMPLE, ...more })).not.toContain('verySecret')
  })

  it('is not asked for callers that it may have, where it cannot be read', () => {
    expect(mistake({ ...MERCHANT, GATEWAY_CONFIG: '{"callers": [}' })).toContain('GATEWAY_CONFIG: is no JSON')
  })

  it('has a public URL that is https, or on this machine', () => {
    const urls = [
      'https://pay.example.com',
      'https://pay.example.com/',
      'http://127.0.0.1:8787',
      'http://[::1]:1',
      'http://localhost',
    ]
    expect(urls.map(PUBLIC_URL => readConfig({ ...SIMPLE, PUBLIC_URL }).publicUrl)).toEqual([
      'https://pay.example.com',
      ...urls.slice(0, 1),
      ...urls.slice(2),
    ])
  })

  it('has a level, and lets by what is another reader’s', () => {
    expect(readConfig({ ...SIMPLE, GATEWAY_LOG: 'debug', GATEWAY_DATA: 'a.db', LEDGER: {} }).level).toBe('debug')
  })

  it('tells everything that is wrong with it at once, and what to start with where there is nothing', () => {
    expect(mistakes({}).map(line => line.split(':')[0])).toEqual(['WECHATPAY_MCHID', 'GATEWAY_TOKEN'])
    const lines = mistakes({
      WECHATPAY_MCHID: 'x',
      GATEWAY_TOKEN: 'plain',
      GATEWAY_LOG: 'loud',
      WEBHOOK_URL: 'x',
      GATEWAY_CONFIG: { callers: [{}] },
    })
    expect(lines.map(line => line.split(':')[0])).toEqual([
      'WECHATPAY_MCHID',
      'GATEWAY_TOKEN',
      'GATEWAY_CONFIG.callers[0].name',
      'GATEWAY_CONFIG.callers[0].tokens',
      'GATEWAY_CONFIG.callers[0].allow',
      'WEBHOOK_URL',
      'WEBHOOK_SECRET',
      'GATEWAY_LOG',
    ])
  })
})
