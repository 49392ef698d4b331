import { execFileSync } from 'node:child_process'
import nodeCrypto from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { CompactSign, compactVerify, importPKCS8, importSPKI, importX509 } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { Aes, Hash, Rsa } from 'wechatpay-axios-plugin'
import {
  decryptEcb,
  decryptGcm,
  encryptEcb,
  encryptGcm,
  importEcbKey,
  importGcmKey,
} from '../../../src/core/crypto/aes.ts'
import { hmacSha256, importHmacKey, md5 } from '../../../src/core/crypto/digest.ts'
import {
  importCertificate,
  importPrivateKey,
  importPublicKey,
  type PrivateKey,
  type PublicKey,
} from '../../../src/core/crypto/keys.ts'
import { decrypt, encrypt, sign, verify } from '../../../src/core/crypto/rsa.ts'
import * as keys from '../../fixtures/keys.ts'

// Judges that are not ours: node:crypto, the openssl command, jose, wechatpay-axios-plugin; both ways, on random input.

let privateKey: PrivateKey
let publicKey: PublicKey
beforeAll(async () => {
  privateKey = await importPrivateKey(keys.PRIVATE_KEY, 'privateKey', crypto)
  publicKey = await importPublicKey(keys.PUBLIC_KEY, 'publicKey', crypto)
})
const text = fc.string({ unit: 'grapheme', maxLength: 100 })
const few = { numRuns: 25 }
const property = (check: (text: string) => Promise<void>) => fc.assert(fc.asyncProperty(text, check), few)

describe('RSA-SHA256', () => {
  test('node:crypto verifies ours, and we verify its', () =>
    property(async message => {
      const ours = await sign(message, privateKey.sign)
      expect(nodeCrypto.verify('RSA-SHA256', Buffer.from(message), keys.PUBLIC_KEY, Buffer.from(ours, 'base64'))).toBe(
        true,
      )
      const theirs = nodeCrypto.sign('RSA-SHA256', Buffer.from(message), keys.PRIVATE_KEY).toString('base64')
      expect(await verify(message, theirs, publicKey.verify)).toBe(true)
    }))

  test('wechatpay-axios-plugin verifies ours, and we verify its', () =>
    property(async message => {
      expect(Rsa.verify(message, await sign(message, privateKey.sign), keys.PUBLIC_KEY)).toBe(true)
      expect(await verify(message, Rsa.sign(message, keys.PRIVATE_KEY), publicKey.verify)).toBe(true)
    }))

  test('jose reads the same keys out of PKCS#8, SPKI and X.509, and each verifies the other', async () => {
    const signer = await importPKCS8(keys.PRIVATE_KEY, 'RS256')
    const ours = await importCertificate(keys.CERTIFICATE, 'certificate', crypto)
    for (const verifier of [await importSPKI(keys.PUBLIC_KEY, 'RS256'), await importX509(keys.CERTIFICATE, 'RS256')]) {
      const head = Buffer.from('{"alg":"RS256"}').toString('base64url')
      const message = `${head}.${Buffer.from('茶').toString('base64url')}`
      const signature = Buffer.from(await sign(message, privateKey.sign), 'base64').toString('base64url')
      expect((await compactVerify(`${message}.${signature}`, verifier)).protectedHeader.alg).toBe('RS256')
    }
    const jws = await new CompactSign(Buffer.from('茶')).setProtectedHeader({ alg: 'RS256' }).sign(signer)
    const [head, payload, signature] = jws.split('.')
    const theirs = Buffer.from(signature!, 'base64url').toString('base64')
    expect(await verify(`${head}.${payload}`, theirs, ours.key.verify)).toBe(true)
    expect(await verify(`${head}.${payload}`, theirs, publicKey.verify)).toBe(true)
  })

  test('the openssl command verifies ours', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-'))
    try {
      const file = (name: string, content: string | Buffer) => {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
      }
      const message = 'POST\n/v3/pay/transactions/native\n1554208460\n593B\n{"description":"茶"}\n'
      const signature = file('signature', Buffer.from(await sign(message, privateKey.sign), 'base64'))
      const args = [
        'dgst',
        '-sha256',
        '-verify',
        file('key', keys.PUBLIC_KEY),
        '-signature',
        signature,
        file('message', message),
      ]
      expect(execFileSync('openssl', args, { encoding: 'utf8' })).toBe('Verified OK\n')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('RSA-OAEP', () => {
  const oaep = { padding: nodeCrypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

  test('node:crypto opens ours, and we open its', () =>
    property(async message => {
      fc.pre(Buffer.byteLength(message) <= 214)
      const ours = Buffer.from(await encrypt(message, publicKey), 'base64')
      expect(nodeCrypto.privateDecrypt({ key: keys.PRIVATE_KEY, ...oaep }, ours).toString()).toBe(message)
      const theirs = nodeCrypto
        .publicEncrypt({ key: keys.PUBLIC_KEY, ...oaep }, Buffer.from(message))
        .toString('base64')
      expect(await decrypt(theirs, privateKey)).toBe(message)
    }))

  test('wechatpay-axios-plugin opens ours, and we open its', () =>
    property(async message => {
      fc.pre(Buffer.byteLength(message) <= 214)
      expect(Rsa.decrypt(await encrypt(message, publicKey), keys.PRIVATE_KEY)).toBe(message)
      expect(await decrypt(Rsa.encrypt(message, keys.PUBLIC_KEY), privateKey)).toBe(message)
    }))
})

test('AES-256-GCM: wechatpay-axios-plugin opens ours, and we open its', async () => {
  const [secret, nonce, associated_data] = ['0123456789abcdef0123456789abcdef', 'abcdefghijkl', 'transaction']
  const key = await importGcmKey(secret)
  await property(async message => {
    expect(
      Aes.AesGcm.decrypt(await encryptGcm(message, { nonce, associated_data }, key), secret, nonce, associated_data),
    ).toBe(message)
    expect(
      await decryptGcm(
        { nonce, associated_data, ciphertext: Aes.AesGcm.encrypt(message, secret, nonce, associated_data) },
        key,
      ),
    ).toBe(message)
  })
})

test('AES-256-ECB: wechatpay-axios-plugin and node:crypto open ours, and we open theirs', async () => {
  const secret = md5('192006250b4c09247ec02edce69f6a2d')
  const key = await importEcbKey(secret)
  await property(async message => {
    expect(Aes.AesEcb.decrypt(await encryptEcb(message, key), secret)).toBe(message)
    // It leaves the padding out where the text fills its blocks, which is no PKCS#7.
    if (Buffer.byteLength(message) % 16)
      expect(await decryptEcb(Aes.AesEcb.encrypt(message, secret), key)).toBe(message)
    const cipher = nodeCrypto.createCipheriv('aes-256-ecb', secret, null)
    expect(await encryptEcb(message, key)).toBe(
      Buffer.concat([cipher.update(message), cipher.final()]).toString('base64'),
    )
  })
})

test('MD5 and HMAC-SHA256: the same as wechatpay-axios-plugin and node:crypto', async () => {
  const key = await importHmacKey('secret')
  await property(async message => {
    expect(md5(message)).toBe(Hash.md5(message))
    expect(md5(message)).toBe(nodeCrypto.createHash('md5').update(message).digest('hex'))
    expect(await hmacSha256(`${message}&key=secret`, key)).toBe(Hash.hmac(message, 'secret'))
    expect(await hmacSha256(message, key)).toBe(nodeCrypto.createHmac('sha256', 'secret').update(message).digest('hex'))
  })
})
