import { describe, expect, test } from 'vitest'
import { Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'

const SERIAL = '4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223'
const PUB_KEY_ID = 'PUB_KEY_ID_0119000001092026112100000001'
const whole: WechatpayOptions = {
  mchid: '1900000109',
  serial: SERIAL,
  privateKey: keys.PRIVATE_KEY,
  apiv3Key: '0123456789abcdef0123456789abcdef',
  apiv2Key: '192006250b4c09247ec02edce69f6a2d',
  platformKeys: { [PUB_KEY_ID]: keys.PUBLIC_KEY },
  crypto,
  retry: false,
}
// A mistake is made of any value, as from JavaScript.
type Mistake = { [name in keyof WechatpayOptions]?: unknown }
const madeWith = (mistake: Mistake) => new Wechatpay({ ...whole, ...mistake } as WechatpayOptions)

describe('an option that cannot be right is refused by the constructor, by its name and with the cure', () => {
  const rsaPss = () =>
    crypto.subtle.generateKey(
      { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
      false,
      ['sign', 'verify'],
    )

  test.each<[string, Mistake, string, string, string]>([
    ['no merchant id', { mchid: undefined }, 'OPTION_MISSING', 'mchid', '商户号'],
    ['a merchant id that is a number', { mchid: 1900000109 }, 'OPTION_INVALID', 'mchid', 'text of digits'],
    ['a merchant id that would break the header', { mchid: '1",x="' }, 'OPTION_INVALID', 'mchid', 'digits'],
    ['a serial with colons', { serial: '4A:8B' }, 'OPTION_INVALID', 'serial', 'without colons'],
    [
      'a private key that is a path',
      { privateKey: './apiclient_key.pem' },
      'PEM_INVALID',
      'privateKey',
      'not its path',
    ],
    [
      'a private key that is a certificate',
      { privateKey: keys.CERTIFICATE },
      'PEM_WRONG_KIND',
      'privateKey',
      'CERTIFICATE',
    ],
    [
      'a private key under a passphrase',
      { privateKey: keys.ENCRYPTED_PRIVATE_KEY },
      'PEM_ENCRYPTED',
      'privateKey',
      'openssl',
    ],
    [
      'a certificate that is a key',
      { certificate: keys.PRIVATE_KEY },
      'PEM_WRONG_KIND',
      'certificate',
      'Give the text of a "CERTIFICATE"',
    ],
    ['an APIv3 key of another length', { apiv3Key: '0123' }, 'OPTION_INVALID', 'apiv3Key', '32 bytes, not 4'],
    [
      'an APIv3 key of 32 characters but more bytes',
      { apiv3Key: '茶'.repeat(32) },
      'OPTION_INVALID',
      'apiv3Key',
      'not 96',
    ],
    ['an empty APIv2 key', { apiv2Key: '' }, 'OPTION_INVALID', 'apiv2Key', 'is text'],
    [
      'a certificate in place of the public key',
      { platformKeys: { [PUB_KEY_ID]: keys.CERTIFICATE } },
      'PEM_WRONG_KIND',
      `platformKeys.${PUB_KEY_ID}`,
      'Give the text of a "PUBLIC KEY"',
    ],
    [
      'a public key under a serial',
      { platformKeys: { ABCD: keys.PUBLIC_KEY } },
      'PEM_WRONG_KIND',
      'platformKeys.ABCD',
      'Give the text of a "CERTIFICATE"',
    ],
    ['a Crypto that is none', { crypto: {} }, 'WEBCRYPTO_MISSING', 'crypto', 'crypto.subtle'],
  ])('%s throws a ConfigurationError that names the option and the cure', (_, mistake, code, option, words) => {
    const make = () => madeWith(mistake)
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigurationError', code, option }))
    expect(make).toThrow(words)
    expect(make).toThrow(`${option}: `)
  })

  test('a CryptoKey for another algorithm', async () => {
    const { privateKey } = await rsaPss()
    expect(() => madeWith({ privateKey })).toThrow(/privateKey: give a CryptoKey for RSASSA-PKCS1-v1_5 with SHA-256/)
    expect(() => madeWith({ decryptionKey: privateKey })).toThrow(
      /decryptionKey: give a CryptoKey for RSA-OAEP with SHA-1/,
    )
  })
})

describe('an option that only the call shows to be wrong or missing is named by the call, before anything is sent', () => {
  const unsent = { fetch: () => Promise.reject(new Error('sent')) }
  const certificates = (options: Mistake) => madeWith({ ...unsent, ...options }).v3.certificates.get()
  const orderquery = (options: Mistake) =>
    madeWith({ ...unsent, ...options }).request('POST', 'v2/pay/orderquery', { body: { mch_id: '1' } })

  test.each<[string, () => Promise<unknown>, string, string, string]>([
    [
      'no private key',
      () => certificates({ privateKey: undefined }),
      'OPTION_MISSING',
      'privateKey',
      'apiclient_key.pem',
    ],
    ['no serial', () => certificates({ serial: undefined }), 'OPTION_MISSING', 'serial', '证书序列号'],
    [
      'no key of WeChat Pay, and no APIv3 key to fetch one',
      () => certificates({ platformKeys: undefined, apiv3Key: undefined }),
      'OPTION_MISSING',
      'platformKeys',
      '微信支付公钥',
    ],
    ['no APIv2 key', () => orderquery({ apiv2Key: undefined }), 'OPTION_MISSING', 'apiv2Key', 'API 密钥'],
    [
      'no APIv2 key for MD5',
      () => madeWith({ ...unsent, apiv2Key: undefined }).request('POST', 'v2/x', { body: {} }),
      'OPTION_MISSING',
      'apiv2Key',
      'API 密钥',
    ],
    [
      'no client certificate',
      () => madeWith(unsent).request('POST', 'v2/secapi/pay/refund', { body: {} }),
      'OPTION_MISSING',
      'mtlsFetch',
      'createMtlsFetch',
    ],
    [
      'a private key that is not RSA',
      () => certificates({ privateKey: keys.EC_PRIVATE_KEY }),
      'PEM_INVALID',
      'privateKey',
      'no RSA key',
    ],
    [
      'a private key that does not fit the certificate',
      () => certificates({ certificate: keys.OTHER_CERTIFICATE, serial: undefined }),
      'KEY_MISMATCH',
      'privateKey',
      'same download',
    ],
    [
      "a serial that is not the certificate's",
      () => certificates({ certificate: keys.CERTIFICATE, serial: 'ABCD' }),
      'KEY_MISMATCH',
      'serial',
      SERIAL,
    ],
    [
      'a platform certificate under another serial',
      () =>
        madeWith({ ...unsent, platformKeys: { ABCD: keys.OTHER_CERTIFICATE } }).v3.profitsharing.receivers.add.post({
          name: 'x',
        } as never),
      'KEY_MISMATCH',
      'platformKeys.ABCD',
      'FF01',
    ],
  ])(
    '%s rejects with a ConfigurationError that names the option and the cure',
    async (_, call, code, option, words) => {
      const error = await call().catch(error => error)
      expect(error).toMatchObject({ name: 'ConfigurationError', code, option, message: expect.stringContaining(words) })
    },
  )
})

test('no error of a wrong option shows a key, in its message, its stack or when it is logged', async () => {
  const secrets = [keys.PRIVATE_KEY.slice(200, 240), whole.apiv3Key!, whole.apiv2Key!]
  const mistakes: Mistake[] = [
    { mchid: 'x' },
    { apiv3Key: `${whole.apiv3Key}!` },
    { privateKey: keys.PRIVATE_KEY.replaceAll('PRIVATE', 'PUBLIC') },
  ]
  for (const mistake of mistakes) {
    const error = (() => {
      try {
        return madeWith(mistake)
      } catch (error) {
        return error as Error
      }
    })() as Error
    for (const secret of secrets) expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(secret)
  }
})
