import { createPublicKey, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CertificateContent, SIGNING, signCertificate } from '../../../src/simulator/keys/certificate.ts'
import { integer, objectIdentifier, octetString } from '../../../src/simulator/keys/der.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('DER', () => {
  it.each([
    ['0', [0], '020100'],
    ['127', [0x7f], '02017f'],
    ['128, which needs a leading zero', [0x80], '02020080'],
    ['one with leading zeros, which it must not have', [0, 0, 1], '020101'],
    ['one of several bytes', [1, 0, 0], '0203010000'],
  ])('writes the number %s', (_, bytes, expected) => {
    expect(hex(integer(Uint8Array.from(bytes)))).toBe(expected)
  })

  it.each([
    ['2.5.4.3', '0603550403'],
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
  ])('writes the identifier %s', (dotted, expected) => {
    expect(hex(objectIdentifier(dotted))).toBe(expected)
  })

  it.each([
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [70_000, '0483011170'],
  ])('writes a length of %d', (length, expected) => {
    expect(hex(octetString(new Uint8Array(length)).subarray(0, expected.length / 2))).toBe(expected)
  })
})

describe.each(['RSA', 'ECDSA'] as const)('a certificate signed with %s', type => {
  const generation = { RSA: { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }, ECDSA: {} }[type]
  let keys: CryptoKeyPair
  beforeAll(async () => {
    const algorithm = { ...SIGNING[type].algorithm, ...generation }
    keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  })
  const sign = async (changed: Partial<CertificateContent> = {}): Promise<X509Certificate> => {
    const content = {
      serial: '7F00000000000000000000000000000000000001',
      issuer: { CN: 'Root', O: '测试', C: 'CN' },
      subject: { CN: '1900000109, O=x', OU: 'Merchant', L: 'Shenzhen', C: 'CN' },
      publicKey: keys.publicKey,
      notBefore: Date.UTC(2049, 11, 31, 23, 59, 59),
      notAfter: Date.UTC(2050, 0, 1),
      isAuthority: false,
      ...changed,
    }
    return new X509Certificate(await signCertificate(content, { key: keys.privateKey, type }, crypto))
  }
  const publicKey = async () =>
    createPublicKey({
      key: Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)),
      format: 'der',
      type: 'spki',
    })

  it('is verified by OpenSSL', async () => {
    expect((await sign()).verify(await publicKey())).toBe(true)
  })

  it('has its names, serial and key', async () => {
    const certificate = await sign()
    expect(certificate.issuer).toBe('CN=Root\nO=测试\nC=CN')
    expect(certificate.subject.split('\n').sort()).toEqual([
      'C=CN',
      'CN=1900000109\\, O=x',
      'L=Shenzhen',
      'OU=Merchant',
    ])
    expect(certificate.serialNumber).toBe('7F00000000000000000000000000000000000001')
    expect(certificate.publicKey.equals(await publicKey())).toBe(true)
  })

  it('is valid over the turn of 2050, where the form of a time changes', async () => {
    const { validFrom, validTo } = await sign()
    expect([validFrom, validTo]).toEqual(['Dec 31 23:59:59 2049 GMT', 'Jan  1 00:00:00 2050 GMT'])
  })

  it('says whether it is of an authority', async () => {
    expect([(await sign()).ca, (await sign({ isAuthority: true })).ca]).toEqual([false, true])
  })
})
