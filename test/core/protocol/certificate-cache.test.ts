import { beforeEach, expect, test } from 'vitest'
import { encryptGcm, importGcmKey } from '../../../src/core/crypto/aes.ts'
import { importPrivateKey } from '../../../src/core/crypto/keys.ts'
import { sign } from '../../../src/core/crypto/rsa.ts'
import { type CertificateCache, Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'

// The cache holds WeChat Pay's encrypted response; a program that writes into it is not trusted.

let simulator: Simulator
let kept: string | undefined
beforeEach(async () => {
  simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
  kept = undefined
})
const cache: CertificateCache = {
  get: async () => kept,
  async set(text) {
    kept = text
  },
}
/** A process of its own: it knows no certificate yet. */
async function call(certificateCache: CertificateCache = cache, more?: Partial<WechatpayOptions>) {
  const { merchant, fetch, examples } = simulator
  const wxpay = new Wechatpay({ ...merchant, fetch, crypto, certificateCache, ...more })
  const { business_code } = examples
  return (await wxpay.v3.apply4subject.applyment.get({ params: { business_code } })).verifiedBy
}
const fetches = () => simulator.journal.filter(({ url }) => url === '/v3/certificates').length

/** Makes an attacker's list of certificates, encrypted with a key of the attacker's choice. */
async function list(pem: string, key: string, associated_data: string) {
  const encrypted = { nonce: 'abcdefghijkl', associated_data }
  const ciphertext = await encryptGcm(pem, encrypted, await importGcmKey(key, crypto), crypto)
  return JSON.stringify({ data: [{ encrypt_certificate: { ...encrypted, ciphertext } }] })
}

test('certificates are kept encrypted, and recalled in place of a fetch', async () => {
  const serial = await call()
  expect(kept).not.toContain('CERTIFICATE-----')
  expect([await call(), await call(), fetches()]).toEqual([serial, serial, 1])
})

test('a certificate that the kept ones lack is fetched, and kept', async () => {
  await call()
  const next = await simulator.rotate()
  expect([await call(), fetches()]).toEqual([next, 2])
  expect([await call(), fetches()]).toEqual([next, 2])
})

test('kept certificates that have all expired are fetched anew', async () => {
  await call()
  const later = Date.now() + 10 * 365 * 24 * 3600_000
  // The simulator, whose clock stands, refuses the time of the request; what matters is that they were asked for first.
  await expect(call(cache, { now: () => later, retry: false })).rejects.toMatchObject({ serviceCode: 'SIGN_ERROR' })
  expect(simulator.journal.at(-1)?.url).toBe('/v3/certificates')
})

test.each([
  ['nothing', async () => ''],
  ['what is no JSON', async () => '{"data":['],
  ['an empty list', async () => '{"data":[]}'],
  ["another merchant's list", () => list(keys.OTHER_CERTIFICATE, 'x'.repeat(32), 'certificate')],
])('a cache that holds %s is passed over, and filled anew', async (_, content) => {
  kept = await content()
  expect(await call()).toMatch(/^[0-9A-F]{20,}$/)
  expect(fetches()).toBe(1)
  await call()
  expect(fetches()).toBe(1)
})

test.each([
  ['in the clear', async () => JSON.stringify({ data: [{ certificate: keys.OTHER_CERTIFICATE }] })],
  ['encrypted with another key', () => list(keys.OTHER_CERTIFICATE, 'x'.repeat(32), 'certificate')],
  [
    'that WeChat Pay encrypted as a text within a notification',
    () => list(`{"attach":"${keys.OTHER_CERTIFICATE}"}`, simulator.merchant.apiv3Key, 'transaction'),
  ],
])("a forger's certificate in the cache, %s, proves no forged answer", async (_, content) => {
  kept = await content()
  const forger = await importPrivateKey(keys.OTHER_PRIVATE_KEY, 'key', crypto)
  const timestamp = String(Math.floor(Date.now() / 1000))
  const headers = {
    'Wechatpay-Serial': 'FF01',
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': 'n',
    'Wechatpay-Signature': await sign(`${timestamp}\nn\n{}\n`, forger.sign, crypto),
  }
  const fetch: typeof globalThis.fetch = async (input, init) =>
    String(input).endsWith('/v3/certificates') ? simulator.fetch(input, init) : new Response('{}', { headers })
  await expect(call(cache, { fetch })).rejects.toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
})

test('a cache that fails, in reading or in writing, fails no call', async () => {
  const failing: CertificateCache = {
    get: () => Promise.reject(new Error('unreachable')),
    set() {
      throw new Error('full')
    },
  }
  expect(await call(failing)).toMatch(/^[0-9A-F]+$/)
})

test('in public-key mode the cache is left alone', async () => {
  simulator = await createSimulator({ seed: 'core', crypto })
  const untouched = () => Promise.reject(new Error('touched'))
  expect(await call({ get: untouched, set: untouched })).toMatch(/^PUB_KEY_ID_/)
})
