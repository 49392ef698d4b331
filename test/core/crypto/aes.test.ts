import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decryptEcb,
  decryptGcm,
  encryptEcb,
  encryptGcm,
  importEcbKey,
  importGcmKey,
} from '../../../src/core/crypto/aes.ts'
import { md5 } from '../../../src/core/crypto/digest.ts'
import { crypto } from '../../webcrypto.ts'

const APIV3_KEY = '0123456789abcdef0123456789abcdef'
const gcm = () => importGcmKey(APIV3_KEY, crypto)
const ecb = () => importEcbKey(md5('192006250b4c09247ec02edce69f6a2d'), crypto)
const text = fc.string({ unit: 'grapheme', maxLength: 200 })

test('AES-256-GCM opens what node:crypto encrypted', async () => {
  const encrypted = {
    nonce: '61f9c719728a',
    associated_data: 'certificate',
    ciphertext: 'rvL7iqOe14hn7x9M3ji1YSIjacG4qepzUwVgKbwiAWEDpnp9K4nv6xppdA==',
  }
  expect(await decryptGcm(encrypted, await gcm(), crypto)).toBe('-----BEGIN CERTIFICATE-----')
})

test('AES-256-GCM opens to what was encrypted, with and without associated data', async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.option(text, { nil: undefined }), async (plain, associated_data) => {
      const nonce = 'abcdefghijkl'
      const ciphertext = await encryptGcm(plain, { nonce, associated_data }, await gcm(), crypto)
      expect(await decryptGcm({ nonce, associated_data, ciphertext }, await gcm(), crypto)).toBe(plain)
    }),
    { numRuns: 30 },
  )
})

test('AES-256-GCM refuses a changed ciphertext, nonce, associated data and key, naming the likely cause', async () => {
  const good = {
    nonce: 'abcdefghijkl',
    associated_data: 'x',
    ciphertext: await encryptGcm('text', { nonce: 'abcdefghijkl', associated_data: 'x' }, await gcm(), crypto),
  }
  const other = await importGcmKey(APIV3_KEY.replace('0', '1'), crypto)
  const refused = expect.objectContaining({ code: 'DECRYPTION_FAILED', message: expect.stringContaining('apiv3Key') })
  for (const [encrypted, key] of [
    [{ ...good, ciphertext: `A${good.ciphertext.slice(1)}` }, await gcm()],
    [{ ...good, ciphertext: 'AAAA' }, await gcm()],
    [{ ...good, ciphertext: '!' }, await gcm()],
    [{ ...good, nonce: 'abcdefghijkm' }, await gcm()],
    [{ ...good, associated_data: '' }, await gcm()],
    [good, other],
  ] as const)
    await expect(decryptGcm(encrypted, key, crypto)).rejects.toEqual(refused)
})

test('AES-256-ECB opens to what was encrypted, whatever the length', async () => {
  await fc.assert(
    fc.asyncProperty(text, async plain => {
      expect(await decryptEcb(await encryptEcb(plain, await ecb(), crypto), await ecb(), crypto)).toBe(plain)
    }),
    { numRuns: 30 },
  )
  for (const length of [0, 1, 15, 16, 17, 31, 32, 33]) {
    const plain = 'x'.repeat(length)
    expect(await decryptEcb(await encryptEcb(plain, await ecb(), crypto), await ecb(), crypto)).toBe(plain)
  }
})

test('AES-256-ECB refuses what is cut, empty, no base64 or encrypted with another key, naming the likely cause', async () => {
  const encrypted = await encryptEcb('<root><out_refund_no>1</out_refund_no></root>', await ecb(), crypto)
  const other = await importEcbKey(md5('another'), crypto)
  const refused = expect.objectContaining({ code: 'DECRYPTION_FAILED', message: expect.stringContaining('apiv2Key') })
  for (const [text, key] of [
    ['', await ecb()],
    ['!', await ecb()],
    [encrypted.slice(0, 20), await ecb()],
    [encrypted, other],
  ] as const)
    await expect(decryptEcb(text, key, crypto)).rejects.toEqual(refused)
})
