import { describe, expect, test } from 'vitest'
import { fromBase64 } from '../../../src/core/base/bytes.ts'
import { importCertificate, importPrivateKey, importPublicKey } from '../../../src/core/crypto/keys.ts'
import { writePem } from '../../../src/core/crypto/pem.ts'
import { decrypt, encrypt, sign, verify } from '../../../src/core/crypto/rsa.ts'
import { readX509 } from '../../../src/core/crypto/x509.ts'
import * as keys from '../../fixtures/keys.ts'
import { longPublicKey } from '../../fixtures/long-public-key.ts'
import { SERIALS } from '../../fixtures/serials.ts'
import { crypto } from '../../webcrypto.ts'

describe('a private key', () => {
  const asWritten = {
    'PKCS#8': keys.PRIVATE_KEY,
    'PKCS#1': keys.PRIVATE_KEY_PKCS1,
    'with CRLF': keys.PRIVATE_KEY.replaceAll('\n', '\r\n'),
    'with \\n written out, as in an environment variable': keys.PRIVATE_KEY.replaceAll('\n', '\\n'),
    'indented, after the bag attributes of openssl pkcs12': `Bag Attributes\n  friendlyName: Tenpay Certificate\nKey Attributes: <No Attributes>\n${keys.PRIVATE_KEY.replaceAll('\n', '\n   ')}`,
  }
  test.each(Object.entries(asWritten))('is read: %s', async (_, pem) => {
    const key = await importPrivateKey(pem, 'privateKey', crypto)
    const publicKey = await importPublicKey(keys.PUBLIC_KEY, 'key', crypto)
    expect(await verify('message', await sign('message', key.sign, crypto), publicKey.verify, crypto)).toBe(true)
    expect(await decrypt(await encrypt('张三', publicKey, crypto), key, crypto)).toBe('张三')
  })

  test('is read behind one that is cut short', async () => {
    const pem = keys.PRIVATE_KEY.slice(0, 400) + keys.PRIVATE_KEY
    await expect(importPrivateKey(pem, 'privateKey', crypto)).resolves.toHaveProperty('sign')
  })

  test('cannot be exported once imported', async () => {
    const { sign, decrypt } = await importPrivateKey(keys.PRIVATE_KEY, 'privateKey', crypto)
    expect([sign.extractable, decrypt?.extractable]).toEqual([false, false])
  })

  test.each([
    ['a path', '/etc/apiclient_key.pem', 'PEM_INVALID', 'text of the file'],
    ['nothing', '', 'PEM_INVALID', '-----BEGIN'],
    ['a certificate', keys.CERTIFICATE, 'PEM_WRONG_KIND', 'this is a "CERTIFICATE". Give the text of a "PRIVATE KEY"'],
    ['a public key', keys.PUBLIC_KEY, 'PEM_WRONG_KIND', '"PUBLIC KEY"'],
    ['encrypted PKCS#8', keys.ENCRYPTED_PRIVATE_KEY, 'PEM_ENCRYPTED', 'openssl pkcs8'],
    ['encrypted PKCS#1', keys.ENCRYPTED_PRIVATE_KEY_PKCS1, 'PEM_ENCRYPTED', 'encrypted'],
    ['not RSA', keys.EC_PRIVATE_KEY, 'PEM_INVALID', 'no RSA key'],
    ['not base64 inside', '-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----', 'PEM_INVALID', 'base64'],
    ['cut short', `${keys.PRIVATE_KEY.slice(0, 400)}\n-----END PRIVATE KEY-----`, 'PEM_INVALID', 'privateKey'],
    ['without its end', keys.PRIVATE_KEY.slice(0, 400), 'PEM_INVALID', '-----END'],
    ['with the end of another block', keys.PRIVATE_KEY.replace('END PRIVATE', 'END PUBLIC'), 'PEM_INVALID', '-----END'],
  ])('is refused with the cure: %s', async (_, pem, code, words) => {
    const error = await importPrivateKey(pem, 'privateKey', crypto).catch(error => error)
    expect(error).toMatchObject({ name: 'ConfigurationError', code, option: 'privateKey' })
    expect(error.message).toContain(words)
    // The text of a key must not travel with its error.
    if (pem.length > 300) expect(`${error.message}${error.stack}`).not.toContain(pem.slice(60, 90))
  })
})

describe('a public key', () => {
  test.each([
    ['SPKI', keys.PUBLIC_KEY],
    ['PKCS#1', keys.PUBLIC_KEY_PKCS1],
  ])('is read: %s', async (_, pem) => {
    const { sign: key } = await importPrivateKey(keys.PRIVATE_KEY, 'privateKey', crypto)
    const { verify: publicKey } = await importPublicKey(pem, 'key', crypto)
    expect(await verify('message', await sign('message', key, crypto), publicKey, crypto)).toBe(true)
  })

  test('is refused beyond 4096 bits, which not every runtime verifies with', async () => {
    await expect(importPublicKey(longPublicKey(4096), 'key', crypto)).resolves.toHaveProperty('verify')
    await expect(importPublicKey(longPublicKey(8192), 'platformKeys.PUB_KEY_ID_1', crypto)).rejects.toMatchObject({
      name: 'ConfigurationError',
      code: 'PEM_INVALID',
      option: 'platformKeys.PUB_KEY_ID_1',
      message: expect.stringContaining('at most 4096 bits'),
    })
  })

  test('is refused where the private key was given by mistake', async () => {
    await expect(importPublicKey(keys.PRIVATE_KEY, 'platformKeys.PUB_KEY_ID_1', crypto)).rejects.toMatchObject({
      code: 'PEM_WRONG_KIND',
      option: 'platformKeys.PUB_KEY_ID_1',
    })
  })
})

describe('a certificate', () => {
  test('tells its serial as openssl does, its validity, and holds its key', async () => {
    const certificate = await importCertificate(keys.CERTIFICATE, 'certificate', crypto)
    expect(certificate.serial).toBe('4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223')
    expect(certificate.notBefore.toISOString()).toBe('2026-11-21T07:23:12.000Z')
    expect(certificate.notAfter.toISOString()).toBe('2126-10-28T07:23:12.000Z')
    const { sign: key } = await importPrivateKey(keys.PRIVATE_KEY, 'privateKey', crypto)
    expect(await verify('message', await sign('message', key, crypto), certificate.key.verify, crypto)).toBe(true)
  })

  test('tells a serial without the zero that DER puts before a high bit', async () => {
    expect((await importCertificate(keys.OTHER_CERTIFICATE, 'certificate', crypto)).serial).toBe('FF01')
  })

  test.each(SERIALS)('has the serial %s as openssl writes it', (serial, certificate) => {
    expect(readX509(fromBase64(certificate)).serial).toBe(serial)
  })

  test.each([
    ['no serial', 0x02, []],
    ['another type in its place', 0x04, [1]],
  ])('is refused: %s', async (_, tag, content) => {
    const element = (tag: number, ...parts: number[]) => [tag, parts.length, ...parts]
    const der = Uint8Array.from(element(0x30, ...element(0x30, ...element(tag, ...content), ...element(0x30))))
    await expect(
      importCertificate(writePem({ label: 'CERTIFICATE', der }), 'certificate', crypto),
    ).rejects.toMatchObject({ code: 'PEM_INVALID', option: 'certificate' })
  })

  test.each([
    ['cut short', `${keys.CERTIFICATE.slice(0, 300)}\n-----END CERTIFICATE-----`],
    ['another DER under its label', keys.PRIVATE_KEY.replaceAll('PRIVATE KEY', 'CERTIFICATE')],
  ])('is refused: %s', async (_, pem) => {
    await expect(importCertificate(pem, 'certificate', crypto)).rejects.toMatchObject({
      code: 'PEM_INVALID',
      option: 'certificate',
    })
  })
})
