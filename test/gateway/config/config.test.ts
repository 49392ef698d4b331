import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/core/index.ts'
import { type GatewayConfig, readConfig } from '../../../src/gateway/config/config.ts'
import { GatewayConfigurationError } from '../../../src/gateway/config/problem.ts'

const HASH = `sha256:${'0a'.repeat(32)}`
const OTHER = `sha256:${'0b'.repeat(32)}`
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----'
const SECRET = `whsec_${btoa('0123456789abcdef01234567')}`
/** Events that another API than the one with the definition sends. */
const PREFIXED = ['v2/REFUND.SUCCESS', 'v3/PRODUCT_COUPON.USE', 'brand/TRANSACTION.SUCCESS', 'brand/REFUND.*']
const APIV3 = '0123456789abcdef0123456789abcdef'

/** Stands in for the delivery's own, which knows all of them. */
const isPrivateHost = (host: string): boolean => /^(localhost|127\.|10\.|\[::1\])/.test(host)
const MERCHANT = {
  WECHATPAY_MCHID: '1900000109',
  WECHATPAY_SERIAL: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  WECHATPAY_PRIVATE_KEY: PEM,
  WECHATPAY_APIV3_KEY: APIV3,
}
const SIMPLE = { ...MERCHANT, GATEWAY_TOKEN: HASH }
const SECOND = {
  WECHATPAY_MERCHANTS: '1900000110',
  WECHATPAY_1900000110_APIV2_KEY: 'key-of-the-second',
}

const config = (env: Record<string, unknown>): GatewayConfig =>
  readConfig(env, { isPrivateHost, known: ['GATEWAY_DB'] })
const problems = (env: Record<string, unknown>): Record<string, string> => {
  try {
    config(env)
    return {}
  } catch (error) {
    if (!(error instanceof GatewayConfigurationError)) throw error
    expect(error).toBeInstanceOf(ConfigurationError)
    const [first] = error.problems
    expect([error.code, error.option]).toEqual([first!.code, first!.option])
    for (const { code, message } of error.problems)
      expect([message, code]).toEqual([message, message.startsWith('missing') ? 'OPTION_MISSING' : 'OPTION_INVALID'])
    expect(error.message.split('\n')).toHaveLength(error.problems.length)
    return Object.fromEntries(error.problems.map(({ option, message }) => [option, message]))
  }
}
const caller = (more: object) => ({ name: 'shop', tokens: [OTHER], allow: ['GET /v3/**'], ...more })
const callers = (...list: unknown[]) => problems({ ...SIMPLE, GATEWAY_CONFIG: { callers: list } })
const endpoints = (...list: unknown[]) =>
  problems({ ...SIMPLE, WEBHOOK_SECRET_SHOP: SECRET, GATEWAY_CONFIG: { endpoints: list } })
const endpoint = (more: object) => ({
  name: 'shop',
  url: 'https://shop.example/',
  secret: 'WEBHOOK_SECRET_SHOP',
  ...more,
})

describe('a configuration', () => {
  test('with the merchant id once more, under its number, is as good as without', () => {
    const several = { ...SIMPLE, ...SECOND }
    const needless = { WECHATPAY_1900000110_MCHID: '1900000110 ', WECHATPAY_1900000109_MCHID: '1900000109' }
    expect(config({ ...several, ...needless })).toEqual(config(several))
    expect(problems({ ...several, WECHATPAY_1900000110_MCHID: '1900000111' })).toEqual({
      WECHATPAY_1900000110_MCHID: expect.stringContaining('differs from 1900000110'),
    })
  })

  test('that lacks something names the near misses of what is not set, which may be why', () => {
    expect(problems({ ...MERCHANT, GATWAY_TOKEN: HASH })).toEqual({
      GATEWAY_TOKEN: expect.stringMatching(/^missing, /),
      GATWAY_TOKEN: expect.stringMatching(/If GATEWAY_TOKEN is meant, rename it$/),
    })
    expect(problems({ ...SIMPLE, WECHATPAY_PRIVATE_KEY: '', WECHATPAI_PRIVATE_KEY_FILE: 'key.pem' })).toEqual({
      WECHATPAY_PRIVATE_KEY: expect.stringMatching(/^missing: /),
      WECHATPAI_PRIVATE_KEY_FILE: expect.stringMatching(/If WECHATPAY_PRIVATE_KEY_FILE is meant, rename it$/),
    })
    expect(Object.keys(problems({ ...SIMPLE, WECHATPAY_PRIVATE_KEY: '', PUBLC_URL: 'https://a.example' }))).toEqual([
      'WECHATPAY_PRIVATE_KEY',
    ])
    expect(Object.keys(problems({ ...SIMPLE, GATEWAY_LOG: 'loud', PUBLC_URL: 'https://a.example' }))).toEqual([
      'GATEWAY_LOG',
    ])
  })

  test('takes the id of a public key in either case', () => {
    const publicKey = { WECHATPAY_PUBLIC_KEY: PEM.replaceAll('PRIVATE', 'PUBLIC') }
    expect(problems({ ...SIMPLE, ...publicKey, WECHATPAY_PUBLIC_KEY_ID: 'pub_key_id_0119' })).toEqual({})
  })

  test('of a merchant and a token', () => {
    expect(config(SIMPLE)).toEqual({
      merchants: [{ mchid: '1900000109', environment: MERCHANT }],
      callers: [
        {
          name: 'default',
          credential: { tokens: [HASH] },
          allow: ['* /v3/**', '* /v2/**', '* /brand/**', '* /checkout/**'],
        },
      ],
      endpoints: [],
      retentionDays: 90,
      log: 'info',
      warnings: [{ option: 'GATEWAY_ADMIN_TOKEN', message: expect.stringContaining('nobody can open /admin') }],
    })
  })

  test('of all that there is', () => {
    const { merchants, ...rest } = config({
      ...SIMPLE,
      ...SECOND,
      WECHATPAY_BASE_URL: 'http://127.0.0.1:1234',
      GATEWAY_TOKEN: `${HASH}, ${OTHER}`,
      GATEWAY_ADMIN_TOKEN: `sha256:${'0C'.repeat(32)}`,
      WEBHOOK_URL: 'http://127.0.0.1:3000/hook',
      WEBHOOK_SECRET: `${SECRET} ${SECRET}`,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      WEBHOOK_SECRET_ORDERS: SECRET,
      PUBLIC_URL: 'https://pay.example.com:8443/',
      GATEWAY_LOG: 'warn',
      GATEWAY_CONFIG: JSON.stringify({
        retentionDays: 7,
        trustUnconfirmedV2: true,
        callers: [
          {
            name: 'till',
            tokens: [`sha256:${'0d'.repeat(32)}`],
            merchants: ['1900000110'],
            allow: ['POST /v2/pay/micropay'],
            maxAmount: 50000,
            rate: '60/30',
          },
          {
            name: 'ci',
            jwt: { issuer: 'https://i.example', audience: 'g', jwks: 'https://i.example/keys', claims: { sub: '1' } },
            allow: ['GET /v3/**'],
            rate: { max: 1, seconds: 2 },
          },
        ],
        endpoints: [
          {
            name: 'orders',
            url: 'https://shop.example/',
            events: ['TRANSACTION.SUCCESS', 'REFUND.*', ...PREFIXED],
            secret: 'WEBHOOK_SECRET_ORDERS',
          },
          { name: 'books', url: 'https://books.example/', merchants: ['1900000109'] },
        ],
      }),
    })
    expect(merchants).toEqual([
      { mchid: '1900000109', environment: { ...MERCHANT, WECHATPAY_BASE_URL: 'http://127.0.0.1:1234' } },
      {
        mchid: '1900000110',
        environment: {
          WECHATPAY_MCHID: '1900000110',
          WECHATPAY_APIV2_KEY: 'key-of-the-second',
          WECHATPAY_BASE_URL: 'http://127.0.0.1:1234',
        },
      },
    ])
    expect(rest).toEqual({
      callers: [
        {
          name: 'default',
          credential: { tokens: [HASH, OTHER] },
          allow: ['* /v3/**', '* /v2/**', '* /brand/**', '* /checkout/**'],
        },
        {
          name: 'admin',
          credential: { tokens: [`sha256:${'0c'.repeat(32)}`] },
          allow: ['* /admin/**', 'GET /metrics', 'GET /healthz'],
        },
        {
          name: 'till',
          credential: { tokens: [`sha256:${'0d'.repeat(32)}`] },
          merchants: ['1900000110'],
          allow: ['POST /v2/pay/micropay'],
          maxAmount: 50000,
          rate: { max: 60, seconds: 30 },
        },
        {
          name: 'ci',
          credential: {
            issuer: 'https://i.example',
            audience: 'g',
            jwks: 'https://i.example/keys',
            claims: { sub: '1' },
          },
          allow: ['GET /v3/**'],
          rate: { max: 1, seconds: 2 },
        },
      ],
      endpoints: [
        {
          name: 'default',
          url: 'http://127.0.0.1:3000/hook',
          events: ['*'],
          secrets: [SECRET, SECRET],
          allowPrivate: true,
        },
        {
          name: 'orders',
          url: 'https://shop.example/',
          events: ['TRANSACTION.SUCCESS', 'REFUND.*', ...PREFIXED],
          secrets: [SECRET],
        },
        {
          name: 'books',
          url: 'https://books.example/',
          events: ['*'],
          secrets: [SECRET, SECRET],
          merchants: ['1900000109'],
        },
      ],
      publicUrl: 'https://pay.example.com:8443',
      retentionDays: 7,
      trustUnconfirmedV2: true,
      log: 'warn',
      warnings: [],
    })
  })

  test('passes by what is not its own: files, bindings, what Kubernetes and CGI set, what a server knows', () => {
    const { merchants } = config({
      ...SIMPLE,
      WECHATPAY_PRIVATE_KEY: undefined,
      WECHATPAY_PRIVATE_KEY_FILE: '/run/secrets/key.pem',
      WECHATPAY_PRIVATE_KEY_PASSPHRASE: 'x',
      WECHATPAY_P12_FILE: 'apiclient_cert.p12',
      WECHATPAY_P12_PASSPHRASE: 'x',
      WECHATPAY_CERTIFICATE_CACHE: '/tmp/cache',
      WECHATPAY_APPID: 'wx1',
      WECHATPAY_MTLS: { fetch },
      WECHATPAY_CERTIFICATES: { get: () => {}, put: () => {} },
      WECHATPAY_APIV2_KEY: ' ',
      GATEWAY_INTERFACE: 'CGI/1.1',
      GATEWAY_DB: {},
      GATEWAY_SERVICE_HOST: '10.0.0.1',
      GATEWAY_PORT: 'tcp://10.0.0.1:80',
      WECHATPAY_GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
      WECHATPAY_GATEWAY_SERVICE_PORT_HTTP: '80',
      PATH: '/bin',
    })
    const { environment } = merchants[0]!
    expect(environment).toHaveProperty('WECHATPAY_MTLS.fetch')
    expect(environment).not.toHaveProperty('WECHATPAY_APIV2_KEY')
    expect(environment).not.toHaveProperty('GATEWAY_TOKEN')
  })
})

test('a merchant whose key is elsewhere needs no private key, but the serial of its certificate, which the signer may name', () => {
  const signed = { ...SIMPLE, WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_SIGNER: { sign() {} } }
  expect(config(signed).merchants[0]!.environment).toHaveProperty('WECHATPAY_SIGNER.sign')
  const unnamed = { ...signed, WECHATPAY_SERIAL: undefined }
  expect(problems(unnamed)).toHaveProperty('WECHATPAY_SERIAL')
  expect(config({ ...unnamed, WECHATPAY_SIGNER: { serial: 'ABCD', sign() {} } }).merchants).toHaveLength(1)
  const of = (name: string) => `WECHATPAY_1900000110_${name}`
  const second = { [of('SERIAL')]: 'ABCD', [of('APIV3_KEY')]: APIV3, [of('SIGNER')]: { sign() {} } }
  expect(config({ ...SIMPLE, WECHATPAY_MERCHANTS: '1900000110', ...second }).merchants).toHaveLength(2)
})

test.each(['debug', 'info', 'warn', 'error'])('the log level %s is accepted, as the documents say', level => {
  expect(config({ ...SIMPLE, GATEWAY_LOG: level }).log).toBe(level)
})

describe('mistakes', () => {
  test('are all named at once, a line each', () => {
    expect(problems({ ...MERCHANT, WECHATPAY_MCHID: 'x', GATEWAY_LOG: 'loud', WECHATPAY_MCHIDD: '1' })).toEqual({
      WECHATPAY_MCHID: expect.stringContaining('digits'),
      GATEWAY_TOKEN: expect.stringContaining('npx wechatpay-edge token'),
      GATEWAY_LOG: expect.stringContaining('debug, info, warn, error'),
      WECHATPAY_MCHIDD: expect.stringContaining('Is WECHATPAY_MCHID meant?'),
    })
  })

  test('of nothing at all name everything that a gateway cannot do without, at once', () => {
    const needed = ['WECHATPAY_PRIVATE_KEY', 'WECHATPAY_SERIAL', 'WECHATPAY_APIV3_KEY', 'GATEWAY_TOKEN']
    expect(Object.keys(problems({}))).toEqual(['WECHATPAY_MCHID', ...needed])
    expect(Object.keys(problems({ WECHATPAY_MCHID: '1900000109' }))).toEqual(needed)
    const { WECHATPAY_SERIAL, WECHATPAY_APIV3_KEY } = problems({ WECHATPAY_MCHID: '1900000109' })
    expect(WECHATPAY_SERIAL).toContain('WECHATPAY_CERTIFICATE')
    expect(WECHATPAY_APIV3_KEY).toContain('WECHATPAY_PUBLIC_KEY_ID and WECHATPAY_PUBLIC_KEY')
    expect(Object.keys(problems({ WECHATPAY_MERCHANTS: '1900000109', GATEWAY_TOKEN: HASH }))).toEqual(
      ['PRIVATE_KEY', 'SERIAL', 'APIV3_KEY'].map(name => `WECHATPAY_1900000109_${name}`),
    )
  })

  test.each<[string, string]>([
    ['{"callers": [', 'line 1, column 14'],
    ['{\n  "callers": []\n  "endpoints": []\n}', 'line 3, column 3'],
    ['{"endpoints": tru}', 'line 1, column 15'],
    ['callers: []', 'line 1, column 1'],
  ])('of a GATEWAY_CONFIG that is no JSON tell where, and nothing of what it may have set: %s', (text, place) => {
    const webhook = { WEBHOOK_SECRET: SECRET, WEBHOOK_SECRET_ORDERS: SECRET }
    expect(problems({ ...MERCHANT, ...webhook, GATEWAY_CONFIG: text })).toEqual({
      GATEWAY_CONFIG: `not JSON: malformed or cut short at ${place}`,
    })
  })

  test.each<[Record<string, unknown>, string, string]>([
    [{ WECHATPAY_PRIVATE_KEY: undefined }, 'WECHATPAY_PRIVATE_KEY', 'missing'],
    [{ WECHATPAY_PRIVATE_KEY: './key.pem' }, 'WECHATPAY_PRIVATE_KEY', '_FILE'],
    [{ WECHATPAY_PRIVATE_KEY_FILE: './key.pem' }, 'WECHATPAY_PRIVATE_KEY_FILE', 'Keep one'],
    [{ WECHATPAY_SERIAL: undefined }, 'WECHATPAY_SERIAL', 'missing'],
    [{ WECHATPAY_SERIAL: '51:57' }, 'WECHATPAY_SERIAL', 'colons'],
    [{ WECHATPAY_APIV3_KEY: undefined }, 'WECHATPAY_APIV3_KEY', 'missing'],
    [{ WECHATPAY_APIV3_KEY: `${APIV3}\n` }, 'WECHATPAY_APIV3_KEY', 'line break'],
    [{ WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_01' }, 'WECHATPAY_PUBLIC_KEY', 'missing'],
    [{ WECHATPAY_PUBLIC_KEY: PEM }, 'WECHATPAY_PUBLIC_KEY_ID', 'missing'],
    [{ WECHATPAY_MTLS: 'x' }, 'WECHATPAY_MTLS', 'mtls_certificates'],
    [{ WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_SIGNER: 'x' }, 'WECHATPAY_SIGNER', '[[services]]'],
    [{ WECHATPAY_SIGNER: { sign() {} } }, 'WECHATPAY_SIGNER', 'Remove the key'],
    [{ WECHATPAY_BASE_URL: 'localhost:80' }, 'WECHATPAY_BASE_URL', 'absolute'],
    [{ WECHATPAY_MCHID: undefined }, 'WECHATPAY_MCHID', 'missing'],
    [{ ...SECOND, WECHATPAY_MERCHANTS: '1900000109,1900000110' }, 'WECHATPAY_MERCHANTS', 'WECHATPAY_MCHID too'],
    [{ ...SECOND, WECHATPAY_MCHID: undefined }, 'WECHATPAY_PRIVATE_KEY', 'WECHATPAY_1900000110_PRIVATE_KEY'],
    [{ ...SECOND, WECHATPAY_1900000109_APIV2_KEY: 'x' }, 'WECHATPAY_1900000109_APIV2_KEY', 'have no number'],
    [{ ...SECOND, WECHATPAY_1900000111_APIV2_KEY: 'x' }, 'WECHATPAY_1900000111_APIV2_KEY', 'does not list'],
    [{ ...SECOND, WECHATPAY_1900000110_APIV2_KEI: 'x' }, 'WECHATPAY_1900000110_APIV2_KEI', '_APIV2_KEY meant?'],
    [{ WECHATPAY_MERCHANTS: '1900000110' }, 'WECHATPAY_1900000110_PRIVATE_KEY', 'missing'],
    [{ WECHATPAY_MERCHANTS: '19oo' }, 'WECHATPAY_MERCHANTS', 'digits'],
    [{ GATEWAY_TOKEN: 'wxe_a-token' }, 'GATEWAY_TOKEN', 'npx wechatpay-edge token'],
    [{ GATEWAY_TOKEN: 'sha256:abc' }, 'GATEWAY_TOKEN', '64 hex digits'],
    [{ GATEWAY_ADMIN_TOKEN: HASH }, 'GATEWAY_ADMIN_TOKEN', 'GATEWAY_TOKEN'],
    [
      { GATEWAY_TOKEN: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      'GATEWAY_TOKEN',
      'the empty text',
    ],
    [{ GATEWAY_TOKENS: HASH }, 'GATEWAY_TOKENS', 'GATEWAY_TOKEN meant?'],
    [{ GATEWAY_COLOUR: 'x' }, 'GATEWAY_COLOUR', 'no such variable exists'],
    [{ GATEWAY_CONFIG: '{"callers":[' }, 'GATEWAY_CONFIG', 'not JSON'],
    [{ GATEWAY_CONFIG: '[]' }, 'GATEWAY_CONFIG', 'object'],
    [{ GATEWAY_CONFIG: { caller: [] } }, 'GATEWAY_CONFIG.caller', 'Is callers meant?'],
    [{ GATEWAY_CONFIG: { callers: {} } }, 'GATEWAY_CONFIG.callers', 'list'],
    [{ GATEWAY_CONFIG: { retentionDays: 0 } }, 'GATEWAY_CONFIG.retentionDays', 'days'],
    [{ GATEWAY_CONFIG: { trustUnconfirmedV2: 'yes' } }, 'GATEWAY_CONFIG.trustUnconfirmedV2', 'true or false'],
    [{ PUBLIC_URL: 'http://pay.example.com' }, 'PUBLIC_URL', 'https'],
    [{ PUBLIC_URL: 'https://pay.example.com?a' }, 'PUBLIC_URL', 'query'],
    [{ PUBLIC_URL: 'https://pay.example.com/gateway/' }, 'PUBLIC_URL', 'without a path'],
    [{ GATEWAY_CONFIG: { publicUrl: 'https://pay.example.com/a' } }, 'GATEWAY_CONFIG.publicUrl', 'without a path'],
    [{ PUBLIC_URL: 'https://a.example', GATEWAY_CONFIG: { publicUrl: 'https://b.example' } }, 'PUBLIC_URL', 'Keep one'],
    [{ WEBHOOK_URL: 'https://shop.example' }, 'WEBHOOK_SECRET', 'missing'],
    [{ WEBHOOK_SECRET: SECRET }, 'WEBHOOK_URL', 'missing'],
    [{ WEBHOOK_URL: 'http://shop.example', WEBHOOK_SECRET: SECRET }, 'WEBHOOK_URL', 'the URL must begin with https'],
    [
      { WEBHOOK_URL: 'https://10.0.0.1/', WEBHOOK_SECRET: SECRET },
      'WEBHOOK_URL',
      'WEBHOOK_ALLOW_PRIVATE=true allows it',
    ],
    [{ WEBHOOK_URL: 'https://a:b@shop.example', WEBHOOK_SECRET: SECRET }, 'WEBHOOK_URL', 'password'],
    [{ WEBHOOK_URL: 'https://shop.example', WEBHOOK_SECRET: 'whsec_c2hvcnQ=' }, 'WEBHOOK_SECRET', '24 to 64 bytes'],
    [{ WEBHOOK_URL: 'https://shop.example', WEBHOOK_SECRET: `${SECRET} x` }, 'WEBHOOK_SECRET', 'number 2'],
    [{ WEBHOOK_ALLOW_PRIVATE: 'true' }, 'WEBHOOK_ALLOW_PRIVATE', 'not set'],
    [{ WEBHOOK_SECRET_X: SECRET }, 'WEBHOOK_SECRET_X', 'no endpoint'],
  ])('%o: %s', (changes, option, message) => {
    expect(problems({ ...SIMPLE, ...changes })).toHaveProperty([option], expect.stringContaining(message))
  })

  test.each<[unknown, string, string]>([
    ['x', '', 'object'],
    [caller({ alow: [] }), '.alow', 'Is allow meant?'],
    [caller({ name: 'a b' }), '.name', 'letters'],
    [caller({ name: 'default' }), '.name', 'already'],
    [caller({ tokens: undefined }), '', 'exactly one'],
    [caller({ tokens: [HASH] }), '.tokens[0]', 'the same hash is in GATEWAY_TOKEN'],
    [caller({ tokens: ['wxe_plain'] }), '.tokens[0]', 'npx wechatpay-edge token'],
    [caller({ tokens: [] }), '.tokens', 'at least one'],
    [caller({ allow: undefined }), '.allow', 'at least one'],
    [caller({ allow: ['/v3/**'] }), '.allow[0]', 'method'],
    [caller({ merchants: [] }), '.merchants', 'at least one'],
    [caller({ merchants: ['1900000108'] }), '.merchants[0]', 'Is 1900000109 meant?'],
    [caller({ maxAmount: 1.5 }), '.maxAmount', 'fen'],
    [caller({ maxAmount: '100' }), '.maxAmount', 'fen'],
    [caller({ rate: '60' }), '.rate', '60/60'],
    [caller({ rate: '0/60' }), '.rate', 'from 1'],
    [caller({ rate: { max: 1 } }), '.rate', 'seconds'],
    [caller({ tokens: undefined, jwt: {} }), '.jwt.claims', 'at least one claim'],
    [caller({ tokens: undefined, jwt: { jwks: 'http://i.example' } }), '.jwt.jwks', 'the URL must begin with https'],
    [caller({ tokens: undefined, jwt: { issuer: 1 } }), '.jwt.issuer', 'text'],
    [caller({ tokens: undefined, binding: 'shop' }), '.binding', 'must be true'],
    [caller({ binding: true }), '', 'exactly one'],
  ])('of a caller: %o', (given, option, message) => {
    expect(callers(given)).toHaveProperty([`GATEWAY_CONFIG.callers[0]${option}`], expect.stringContaining(message))
  })

  test.each<[unknown, string, string]>([
    [endpoint({ secret: SECRET }), '.secret', 'GATEWAY_CONFIG must not contain secrets'],
    [endpoint({ secret: 'WECHATPAY_APIV2_KEY' }), '.secret', 'name of the variable'],
    [endpoint({ url: 'https://localhost/' }), '.url', '"allowPrivate": true allows it'],
    [endpoint({ url: 'ftp://shop.example/' }), '.url', 'the URL must begin with https'],
    [endpoint({ events: ['refund done'] }), '.events[0]', 'TRANSACTION.SUCCESS'],
    [endpoint({ events: ['v4/TRANSACTION.SUCCESS'] }), '.events[0]', 'TRANSACTION.SUCCESS'],
    [endpoint({ merchants: ['1'] }), '.merchants[0]', 'no such merchant'],
    [endpoint({ allowPrivate: 'yes' }), '.allowPrivate', 'true or false'],
    [endpoint({ secrets: [] }), '.secrets', 'Is secret meant?'],
  ])('of an endpoint: %o', (given, option, message) => {
    expect(endpoints(given)).toHaveProperty([`GATEWAY_CONFIG.endpoints[0]${option}`], expect.stringContaining(message))
  })

  test('of names that two have', () => {
    const one = caller({ tokens: [`sha256:${'0c'.repeat(32)}`] })
    expect(callers(one, caller({}))).toEqual({ 'GATEWAY_CONFIG.callers[1].name': expect.stringContaining('already') })
    expect(endpoints(endpoint({}), endpoint({}))).toHaveProperty(['GATEWAY_CONFIG.endpoints[1].name'])
  })

  test('never show what may be secret', () => {
    const mark = 'S3CR3T-S3CR3T'
    const names = [
      'MCHID',
      'SERIAL',
      'CERTIFICATE',
      'PRIVATE_KEY',
      'PUBLIC_KEY',
      'PUBLIC_KEY_ID',
      'APIV3_KEY',
      'BASE_URL',
      'MTLS',
      'CERTIFICATES',
      'MERCHANTS',
      'PRIVATE_KEYS',
      'APPID',
    ].map(name => `WECHATPAY_${name}`)
    const others = [
      'GATEWAY_TOKEN',
      'GATEWAY_ADMIN_TOKEN',
      'GATEWAY_LOG',
      'PUBLIC_URL',
      'WEBHOOK_URL',
      'WEBHOOK_SECRET',
    ]
    const all = Object.fromEntries([...names, ...others, 'WEBHOOK_ALLOW_PRIVATE'].map(name => [name, mark]))
    const lines = [
      problems(all),
      problems({ ...all, GATEWAY_CONFIG: `{"callers": ["${mark}" ${mark}` }),
      callers({
        name: mark.repeat(9),
        tokens: [mark],
        allow: [mark],
        rate: mark,
        jwt: mark,
        merchants: [1],
        maxAmount: mark,
      }),
      endpoints({ name: `${mark} `, url: mark, secret: `whsec_${mark}`, events: [`${mark} `], allowPrivate: mark }),
    ]
    for (const one of lines) {
      expect(Object.keys(one).length).toBeGreaterThan(4)
      expect(JSON.stringify(one)).not.toContain('S3CR3T')
    }
  })
})

describe('warnings', () => {
  const warnings = (GATEWAY_CONFIG: object): string[] =>
    config({ ...SIMPLE, GATEWAY_ADMIN_TOKEN: OTHER, WEBHOOK_SECRET_SHOP: SECRET, GATEWAY_CONFIG }).warnings.map(
      ({ option, message }) => `${option}: ${message}`,
    )
  const ofCaller = (allow: string) =>
    warnings({
      callers: [{ name: 'shop', tokens: [`sha256:${'0c'.repeat(32)}`], allow: [allow] }],
      endpoints: [endpoint({})],
    })
  const ofEndpoint = (event: string) => warnings({ endpoints: [endpoint({ events: [event] })] })

  test('tell that nobody may open the operator’s pages, unless some caller may', () => {
    const told = (env: object) => config({ ...SIMPLE, ...env }).warnings.map(({ option }) => option)
    expect(told({})).toEqual(['GATEWAY_ADMIN_TOKEN'])
    expect(told({ GATEWAY_ADMIN_TOKEN: OTHER })).toEqual([])
    const operator = { name: 'operator', tokens: [OTHER], allow: ['GET /admin/**'] }
    expect(told({ GATEWAY_CONFIG: { callers: [operator] } })).toEqual([])
  })

  test('tell of a near miss of a variable without a prefix, and of no other variable', () => {
    const of = (env: object) =>
      config({ ...SIMPLE, GATEWAY_ADMIN_TOKEN: OTHER, ...env }).warnings.map(
        ({ option, message }) => `${option}: ${message}`,
      )
    const notRead = (meant: string) => `not read, and ${meant} is not set. If ${meant} is meant, rename it`
    const address = 'https://pay.example.com'
    expect(of({ PUBLC_URL: address })).toEqual([`PUBLC_URL: ${notRead('PUBLIC_URL')}`])
    expect(of({ PUBLICURL: address })).toEqual([`PUBLICURL: ${notRead('PUBLIC_URL')}`])
    expect(of({ GATWAY_LOG: 'debug' })).toEqual([`GATWAY_LOG: ${notRead('GATEWAY_LOG')}`])
    const token = { GATEWAY_TOKEN: undefined, GATWAY_TOKEN: HASH }
    expect(of(token)).toEqual([
      'GATWAY_TOKEN: not read, and GATEWAY_TOKEN is not set, so that its token is refused unless GATEWAY_CONFIG has it. If GATEWAY_TOKEN is meant, rename it',
    ])
    expect(of({ PUBLC_URL: address, PUBLIC_URL: address })).toEqual([])
    expect(of({ PUBLC_URL: address, GATEWAY_CONFIG: { publicUrl: address } })).toEqual([])
    expect(of({ PUBLIC_DIR: 'a', REDIS_PUBLIC_URL: address, PUBLIC_API_URL: address, PUBLC_URL: '' })).toEqual([])
  })

  test.each([
    ['POST /v3/pay/transaction/native', 'Is /v3/pay/transactions/native meant?'],
    ['POST /v3/refund/domestic/refund', 'Is /v3/refund/domestic/refunds meant?'],
    ['* /v3/pay/transaction/**', 'Is /v3/pay/transactions/** meant?'],
    ['GET /v2/pay/unifiedordr', 'Is /v2/pay/unifiedorder meant?'],
    ['GET /v3/pay/transactions/jsapi', 'with POST only'],
    ['POST /checkouts/*', 'Is /checkout/* meant?'],
    ['* /v3/no-such-product/of/theirs', 'no definition has such an endpoint'],
  ])('tell of an "allow" that no endpoint fits, and of the nearest: %s', (allow, hint) => {
    expect(ofCaller(allow)).toEqual([expect.stringContaining(`"${allow}" of shop: `)])
    expect(ofCaller(allow)[0]).toContain(hint)
  })

  test.each([
    '* /**',
    '* /v3/**',
    'POST /checkout/*',
    'GET /v3/pay/transactions/out-trade-no/*',
    'HEAD /v3/certificates',
    'GET /v3/pay/transactions/id/4200001',
    'POST /v3/pay/transactions/*/*/close',
    'POST /v2/pay/unifiedorder',
    'GET,POST /admin/merchants/*/events',
    'GET /metrics',
  ])('do not tell of one that an endpoint fits: %s', allow => {
    expect(ofCaller(allow)).toEqual([])
  })

  test.each([
    ['TRANSACTION.SUCESS', 'Is TRANSACTION.SUCCESS meant?'],
    ['REFUNDS.*', 'Is REFUND.* meant?'],
    ['transaction-sucess', 'Is transaction-success meant?'],
    ['wechatpay-edge.v3-profitsharing.settled', 'Is wechatpay-edge.v3-profit-sharing.settled meant?'],
    ['brand/REFUND.SUCESS', 'no definition has such an event'],
    ['brand/PRODUCT_COUPON.USE', 'no definition has such an event'],
    ['NOTHING.LIKE.ANY.EVENT', 'no definition has such an event'],
  ])('tell of "events" that match none, and of the nearest: %s', (event, hint) => {
    expect(ofEndpoint(event)).toEqual([expect.stringContaining(`"${event}" of shop: `)])
    expect(ofEndpoint(event)[0]).toContain(hint)
  })

  test.each([
    '*',
    'TRANSACTION.*',
    'v2/TRANSACTION.SUCCESS',
    'refund-processed',
    'PROFITSHARING.CHANGE',
    'wechatpay-edge.*',
    'wechatpay-edge.v3-profit-sharing.settled',
  ])('do not tell of those that match one: %s', event => {
    expect(ofEndpoint(event)).toEqual([])
  })
})

describe('a gateway with a fixed IP', () => {
  const FIXED_IP = { GATEWAY_FIXED_IP_URL: 'https://fixed.example.com/', GATEWAY_FIXED_IP_TOKEN: ' wxe_token ' }
  const fixedIpPaths = ['POST /v3/merchant/fund/withdraw']

  test('is read, with the calls that go by it beside those of the definitions', () => {
    expect(config({ ...SIMPLE, ...FIXED_IP, GATEWAY_CONFIG: { fixedIpPaths } }).fixedIp).toEqual({
      url: 'https://fixed.example.com',
      token: 'wxe_token',
      paths: fixedIpPaths,
    })
    expect(config(SIMPLE)).not.toHaveProperty('fixedIp')
  })

  test.each<[Record<string, unknown>, string, string]>([
    [{ GATEWAY_FIXED_IP_URL: undefined }, 'GATEWAY_FIXED_IP_URL', 'missing, but GATEWAY_FIXED_IP_TOKEN is set'],
    [{ GATEWAY_FIXED_IP_TOKEN: undefined }, 'GATEWAY_FIXED_IP_TOKEN', 'missing, but GATEWAY_FIXED_IP_URL is set'],
    [{ GATEWAY_FIXED_IP_TOKEN: HASH }, 'GATEWAY_FIXED_IP_TOKEN', 'the token itself'],
    [{ GATEWAY_FIXED_IP_URL: 'http://fixed.example.com' }, 'GATEWAY_FIXED_IP_URL', 'https'],
    [{ GATEWAY_FIXED_IP_URL: 'https://fixed.example.com/?a' }, 'GATEWAY_FIXED_IP_URL', 'must not have a query'],
    [
      { GATEWAY_FIXED_IP_URL: 'https://u:p@fixed.example.com/' },
      'GATEWAY_FIXED_IP_URL',
      'must not contain a user name or password',
    ],
    [{ GATEWAY_FIXED_IP_ULR: 'x' }, 'GATEWAY_FIXED_IP_ULR', 'Is GATEWAY_FIXED_IP_URL meant?'],
    [{ GATEWAY_CONFIG: { fixedIpPaths: ['/v3/x'] } }, 'GATEWAY_CONFIG.fixedIpPaths[0]', 'must begin with a method'],
    [
      { GATEWAY_FIXED_IP_URL: undefined, GATEWAY_FIXED_IP_TOKEN: undefined, GATEWAY_CONFIG: { fixedIpPaths } },
      'GATEWAY_CONFIG.fixedIpPaths',
      'GATEWAY_FIXED_IP_URL, which is missing',
    ],
  ])('with %o says what is wrong, and never the token', (more, option, message) => {
    const found = problems({ ...SIMPLE, ...FIXED_IP, ...more })
    expect(found).toHaveProperty([option], expect.stringContaining(message))
    expect(JSON.stringify(found)).not.toContain('wxe_token')
  })

  test('in a network of its own may be reached by http', () => {
    expect(problems({ ...SIMPLE, ...FIXED_IP, GATEWAY_FIXED_IP_URL: 'http://10.0.0.7:8787' })).toEqual({})
  })
})
