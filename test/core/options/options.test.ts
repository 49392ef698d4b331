import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decrypt, decryptRefund } from '../../../src/adapters/inspect.ts'
import {
  encrypted,
  receiveNotification,
  Wechatpay,
  WechatpayError,
  type WechatpayOptions,
} from '../../../src/core/index.ts'
import { startJsapi } from '../../../src/flows/payment/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'

const whole: Required<
  Omit<WechatpayOptions, 'certificate' | 'decryptionKey' | 'signer' | 'crypto' | 'baseUrl' | 'hongKong' | 'brand'>
> &
  WechatpayOptions = {
  mchid: '1900000109',
  serial: '4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223',
  privateKey: keys.PRIVATE_KEY,
  apiv3Key: '0123456789abcdef0123456789abcdef',
  apiv2Key: '192006250b4c09247ec02edce69f6a2d',
  platformKeys: { PUB_KEY_ID_0119000001092026112100000001: keys.PUBLIC_KEY },
  bankKey: keys.PUBLIC_KEY,
  certificateCache: { get: async () => null, set: async () => undefined },
  fetch: async () => new Response('{"code":"PARAM_ERROR","message":"x"}', { status: 400 }),
  mtlsFetch: async () => new Response('<xml><return_code>FAIL</return_code></xml>'),
  now: Date.now,
  timeout: 10_000,
  retry: false,
  crypto,
}
const OPTIONS: readonly (keyof WechatpayOptions)[] = [
  ...(Object.keys(whole) as (keyof WechatpayOptions)[]),
  ...(['certificate', 'decryptionKey', 'signer', 'hongKong', 'baseUrl', 'brand'] as const),
]

/** Calls that together use each option. */
const USES: readonly ((client: Wechatpay) => unknown)[] = [
  client => client.v3.certificates.get(),
  client => client.request('POST', 'v3/applyment4sub/applyment/', { body: { contact_info: { contact_name: '张三' } } }),
  client => client.request('POST', 'v2/pay/orderquery', { body: { sign_type: 'HMAC-SHA256' } }),
  client => client.request('POST', 'v2/secapi/pay/refund', { body: {} }),
  client => client.request('POST', 'v2/mmpaysptrans/pay_bank', { body: { enc_bank_no: '1' } }),
  client => client.chain('v2/papay/entrustweb' as string).url({ params: { appid: 'x' } }),
  client => client.fetch('https://api.mch.weixin.qq.com/v3/certificates'),
  client => client.encrypt('张三'),
  client => startJsapi(client, { appid: 'wx1', prepay_id: 'x' }),
  client => receiveNotification(client, new Request('https://example.com', { method: 'POST', body: '{"event_id":1}' })),
  client => receiveNotification(client, signedBy('PUB_KEY_ID_0119000001092026112100000001')),
  client => receiveNotification(client, signedBy('ABCD')),
]

const signedBy = (serial: string) =>
  new Request('https://example.com', {
    method: 'POST',
    body: '{}',
    headers: {
      'wechatpay-serial': serial,
      'wechatpay-timestamp': String(Math.floor(Date.now() / 1000)),
      'wechatpay-nonce': 'x',
      'wechatpay-signature': 'AAAA',
    },
  })

/** Whatever leaves that is no error of this library. */
async function strangers(make: () => Wechatpay): Promise<unknown[]> {
  const found: unknown[] = []
  const note = (error: unknown) => {
    if (!(error instanceof WechatpayError && error.code && error.message)) found.push(error)
  }
  try {
    const client = make()
    for (const use of USES) await Promise.resolve(use(client)).catch(note)
  } catch (error) {
    note(error)
  }
  return found
}

const RSA = 'RSASSA-PKCS1-v1_5'
const lookalike = (name: string, hash: string, usage: string) => ({
  algorithm: { name, hash: { name: hash } },
  usages: [usage],
})

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 31,
  10n,
  Symbol('x'),
  '',
  ' ',
  '0',
  'x',
  'é\ud800',
  {},
  [],
  [1],
  Object.create(null),
  new Date(Number.NaN),
  new Map(),
  new Uint8Array(32),
  new ArrayBuffer(2),
  /x/,
  new Proxy({}, {}),
  { a: 1 },
  { PUB_KEY_ID_1: null },
  { PUB_KEY_ID_1: keys.CERTIFICATE },
  { ABCD: keys.CERTIFICATE },
  { '': '' },
  { attempts: Number.NaN },
  { attempts: '3' },
  { delay: 1 },
  { repeatable: 'no' },
  { get: 1 },
  { get: () => 1, set: 1 },
  keys.PRIVATE_KEY,
  keys.PUBLIC_KEY,
  keys.CERTIFICATE,
  keys.EC_PRIVATE_KEY,
  keys.PRIVATE_KEY.slice(0, 900),
  '-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----',
  '-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----',
  lookalike(RSA, 'SHA-256', 'sign'),
  lookalike('RSA-OAEP', 'SHA-1', 'decrypt'),
  { algorithm: null, usages: 'sign' },
  '/relative',
  'https://',
  'https://a@example.com',
  'https://example.com/?a',
  'ftp://example.com',
  new URL('https://example.com'),
]

describe('an option of any type and value lets no error out but the typed ones of this library', () => {
  test.each(OPTIONS)('%s throws a typed error or none', async option => {
    for (const value of VALUES) {
      const found = await strangers(() => new Wechatpay({ ...whole, [option]: value } as WechatpayOptions))
      expect([value, found]).toEqual([value, []])
    }
    await fc.assert(
      fc.asyncProperty(fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }), async value => {
        expect(await strangers(() => new Wechatpay({ ...whole, [option]: value } as WechatpayOptions))).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  test('a function that gives anything, or throws it', async () => {
    for (const value of [undefined, null, true, 1, 10n, 'x', {}, [], Symbol('x'), new Map(), Object.create(null)]) {
      const give = () => value as never
      const reject = async () => Promise.reject(value)
      const fail = () => {
        throw value
      }
      const options: Partial<WechatpayOptions>[] = [give, fail].map(now => ({ now }))
      for (const act of [give, fail, reject, async () => give()])
        options.push({ fetch: act }, { mtlsFetch: act }, { certificateCache: { get: act, set: act } })
      for (const option of options) {
        const found = await strangers(() => new Wechatpay({ ...whole, platformKeys: {}, ...option }))
        expect([value, found]).toEqual([value, []])
      }
    }
  })

  test('options that are none', () => {
    for (const value of [undefined, null, 1, 'x', Symbol('x')])
      expect(() => new Wechatpay(value as unknown as WechatpayOptions)).toThrow(
        expect.objectContaining({ name: 'ConfigurationError', code: 'OPTION_INVALID', option: 'options' }),
      )
  })
})

describe('an option of another type is named, with what to give', () => {
  test.each<[string, unknown, string, string]>([
    ['privateKey', null, 'PEM_INVALID', 'null instead of text'],
    ['privateKey', new Uint8Array(9), 'PEM_INVALID', "readFileSync(path, 'utf8')"],
    ['privateKey', lookalike(RSA, 'SHA-1', 'sign'), 'OPTION_INVALID', 'with SHA-256'],
    ['decryptionKey', null, 'OPTION_INVALID', 'null. Leave it out'],
    ['signer', null, 'OPTION_INVALID', 'null. Leave it out'],
    ['signer', async () => new Uint8Array(256), 'OPTION_INVALID', 'give { serial, sign(message)'],
    ['signer', { sign: 'x' }, 'OPTION_INVALID', 'sign(message)'],
    ['signer', { serial: '4A:8B', sign: () => 0 }, 'OPTION_INVALID', 'serial'],
    ['certificate', 1, 'PEM_INVALID', 'number instead of text'],
    ['bankKey', ['x'], 'PEM_INVALID', 'a list instead of text'],
    ['serial', 1, 'OPTION_INVALID', 'as text'],
    ['apiv3Key', new Uint8Array(32), 'OPTION_INVALID', 'text of 32 bytes'],
    ['apiv2Key', null, 'OPTION_INVALID', 'Leave it out'],
    ['platformKeys', 'x', 'OPTION_INVALID', 'PUB_KEY_ID_'],
    ['platformKeys', null, 'OPTION_INVALID', 'Leave it out'],
    ['certificateCache', {}, 'OPTION_INVALID', '{ get, set }'],
    ['fetch', null, 'OPTION_INVALID', 'a function'],
    ['mtlsFetch', {}, 'OPTION_INVALID', 'a function'],
    ['now', 1, 'OPTION_INVALID', 'a function'],
    ['crypto', null, 'WEBCRYPTO_MISSING', 'crypto.subtle'],
    ['timeout', '1000', 'OPTION_INVALID', 'milliseconds'],
    ['timeout', Number.NaN, 'OPTION_INVALID', 'milliseconds'],
    ['timeout', 2 ** 31, 'OPTION_INVALID', 'at most'],
    ['retry', Number.NaN, 'OPTION_INVALID', 'attempts'],
    ['retry', { attempts: Number.NaN }, 'OPTION_INVALID', 'attempts'],
    ['retry', true, 'OPTION_INVALID', 'false'],
    ['hongKong', 'false', 'OPTION_INVALID', 'true or false'],
    ['baseUrl', 'example.com', 'OPTION_INVALID', 'http'],
    ['baseUrl', new URL('https://example.com'), 'OPTION_INVALID', 'a URL'],
  ])('%s: %s', (option, value, code, words) => {
    expect(() => new Wechatpay({ ...whole, [option]: value } as WechatpayOptions)).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', code, option, message: expect.stringContaining(words) }),
    )
  })

  test('the id of a public key whose variable is not set', () => {
    const platformKeys = { [String(undefined)]: keys.PUBLIC_KEY }
    expect(() => new Wechatpay({ ...whole, platformKeys })).toThrow(
      'platformKeys.undefined: id not set: name it PUB_KEY_ID_…',
    )
  })

  test('a clock and a fetch that give nothing', async () => {
    const nothing = () => undefined as never
    await expect(new Wechatpay({ ...whole, now: nothing }).v3.certificates.get()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'now',
    })
    await expect(new Wechatpay({ ...whole, fetch: nothing, retry: false }).v3.certificates.get()).rejects.toMatchObject(
      {
        code: 'NETWORK_ERROR',
        mayHaveTakenEffect: false,
        cause: { name: 'TypeError', message: expect.stringContaining('"fetch"') },
      },
    )
  })

  test('a CryptoKey that is none to the WebCrypto that is used', async () => {
    const privateKey = lookalike(RSA, 'SHA-256', 'sign') as unknown as CryptoKey
    await expect(new Wechatpay({ ...whole, privateKey }).v3.certificates.get()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'privateKey',
    })
  })
})

describe('an option of a call is refused before anything is sent', () => {
  const sent: unknown[] = []
  const client = new Wechatpay({
    ...whole,
    fetch: async input => {
      sent.push(input)
      return new Response(null, { status: 500 })
    },
  })

  test.each<[string, unknown]>([
    ['timeout', '10'],
    ['timeout', null],
    ['timeout', Number.NaN],
    ['timeout', 2 ** 31],
    // It never ended.
    ['retry', { attempts: Number.NaN }],
    ['retry', { attempts: 'x' }],
    ['retry', null],
    ['signal', {}],
    ['headers', { 'a b': 'c' }],
    ['headers', 1],
  ])('%s: %s', async (option, value) => {
    for (const call of [
      () => client.v3.certificates.get({ [option]: value }),
      () => client.request('GET', 'v3/certificates', { [option]: value }),
    ])
      await expect(call()).rejects.toMatchObject({ name: 'CallError', code: 'PARAMETER_INVALID', field: option })
    expect(sent).toEqual([])
  })

  test('and so is a body within itself', async () => {
    const body: Record<string, unknown> = { amount: { total: 1 } }
    body.scene_info = { body }
    for (const [path, field] of [
      ['v3/pay/transactions/native', 'scene_info.body'],
      ['v2/pay/unifiedorder', 'scene_info.body.scene_info'],
    ] as const)
      await expect(client.request('POST', path, { body })).rejects.toMatchObject({ code: 'BODY_INVALID', field })
    expect(sent).toEqual([])
  })
})

describe('beside the client', () => {
  test.each(['0123456789abcdef0123456789abcde', '', null, new Uint8Array(32)])('decrypt with the key %j', async key => {
    const resource = { ciphertext: 'AAAA', nonce: '0123456789ab' }
    await expect(decrypt(resource, key as string)).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'apiv3Key' })
  })

  test.each([null, '', 5, {}])('decryptRefund with the key %j', async key => {
    await expect(decryptRefund('AAAA', key as string)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'apiv2Key',
    })
  })

  test('decrypt of what is none', async () => {
    for (const resource of [null, undefined, {}, { ciphertext: 1 }, { ciphertext: 'AAAA', nonce: null }])
      await expect(decrypt(resource as never, whole.apiv3Key)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
  })

  test('encrypted() of what is none', () => {
    for (const value of [null, undefined, 1, '', '#', {}, [], 'null\u0000'])
      expect(() => encrypted(value as string)).toThrow(
        expect.objectContaining({ code: 'BODY_INVALID', field: 'ciphertext' }),
      )
    for (const serial of [null, 1, {}])
      expect(() => encrypted('AAAA', serial as never)).toThrow(
        expect.objectContaining({ code: 'BODY_INVALID', field: 'serial' }),
      )
  })
})
