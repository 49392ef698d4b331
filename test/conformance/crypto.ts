import { assert } from 'chai'
import { utf8 } from '../../src/core/base/bytes.ts'
import {
  decryptEcb,
  decryptGcm,
  encryptEcb,
  encryptGcm,
  importEcbKey,
  importGcmKey,
} from '../../src/core/crypto/aes.ts'
import { hmacSha256, importHmacKey, md5, sha1, sha256 } from '../../src/core/crypto/digest.ts'
import { importCertificate, importPrivateKey, importPublicKey } from '../../src/core/crypto/keys.ts'
import { decrypt, encrypt, sign, verify } from '../../src/core/crypto/rsa.ts'
import * as keys from '../fixtures/keys.ts'
import { longPublicKey } from '../fixtures/long-public-key.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, rejection } from './case.ts'
import * as vectors from './vectors.ts'

export const cases: readonly Case[] = [
  {
    name: 'MD5, SHA-1, SHA-256 give the known answers of RFC 1321 and FIPS 180',
    async run() {
      assert.equal(md5('abc'), '900150983cd24fb0d6963f7d28e17f72')
      assert.equal(await sha1(utf8('abc'), crypto), 'a9993e364706816aba3e25717850c26c9cd0d89d')
      assert.equal(
        await sha256(utf8('abc'), crypto),
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      )
    },
  },
  {
    name: 'HMAC-SHA256 gives the known answer of RFC 4231',
    async run() {
      const key = await importHmacKey('Jefe', crypto)
      assert.equal(
        await hmacSha256('what do ya want for nothing?', key, crypto),
        '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      )
    },
  },
  {
    name: 'a signature of any length fits or does not, and a key that not every runtime verifies with is refused',
    async run() {
      const { verify: key } = await importPublicKey(keys.PUBLIC_KEY, 'key', crypto)
      for (const length of [0, 1, 255, 256, 257, 512, 1024, 4096])
        assert.isFalse(await verify('x', btoa('x'.repeat(length)), key, crypto), String(length))
      const long = await importPublicKey(longPublicKey(4096), 'key', crypto)
      assert.isFalse(await verify('x', btoa('x'.repeat(512)), long.verify, crypto))
      const error = await rejection(importPublicKey(longPublicKey(8192), 'bankKey', crypto))
      assert.include(error as object, { code: 'PEM_INVALID', option: 'bankKey' })
    },
  },
  {
    name: 'SHA256withRSA signs as openssl does, from PKCS#8 and from PKCS#1',
    async run() {
      const lines = 'GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n'
      for (const pem of [keys.PRIVATE_KEY, keys.PRIVATE_KEY_PKCS1]) {
        const key = await importPrivateKey(pem, 'privateKey', crypto)
        assert.equal(await sign(lines, key.sign, crypto), keys.SIGNATURE_OF_CERTIFICATES_REQUEST)
      }
    },
  },
  {
    name: 'SHA256withRSA verifies what openssl signed, from SPKI, from PKCS#1 and from a certificate, and nothing else',
    async run() {
      const { nonce, body, signature } = vectors.ANSWER
      const message = `${vectors.TIMESTAMP + 1}\n${nonce}\n${body}\n`
      for (const key of [
        await importPublicKey(keys.OTHER_PUBLIC_KEY, 'key', crypto),
        (await importCertificate(keys.OTHER_CERTIFICATE, 'certificate', crypto)).key,
      ]) {
        assert.isTrue(await verify(message, signature, key.verify, crypto))
        assert.isFalse(await verify(`${message} `, signature, key.verify, crypto))
        assert.isFalse(await verify(message, signature.replace('k', 'l'), key.verify, crypto))
      }
      const own = await importPublicKey(keys.PUBLIC_KEY_PKCS1, 'key', crypto)
      assert.isFalse(await verify(message, signature, own.verify, crypto))
    },
  },
  {
    name: 'a certificate is read as openssl reads it',
    async run() {
      const { serial, notBefore, notAfter } = await importCertificate(keys.OTHER_CERTIFICATE, 'certificate', crypto)
      assert.deepEqual(
        { serial, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() },
        vectors.CERTIFICATE_FACTS,
      )
    },
  },
  {
    name: 'RSA-OAEP opens what openssl encrypted, and what it encrypted itself',
    async run() {
      const key = await importPrivateKey(keys.PRIVATE_KEY, 'privateKey', crypto)
      assert.equal(await decrypt(vectors.ENCRYPTED_NAME.encrypted, key, crypto), vectors.ENCRYPTED_NAME.text)
      const own = await encrypt('13800138000', await importPublicKey(keys.PUBLIC_KEY, 'key', crypto), crypto)
      assert.equal(await decrypt(own, key, crypto), '13800138000')
    },
  },
  {
    name: 'AES-256-GCM opens what node:crypto encrypted, what it encrypted itself, and nothing that was changed',
    async run() {
      const key = await importGcmKey(vectors.APIV3_KEY, crypto)
      const { resource } = JSON.parse(vectors.NOTIFICATION.body)
      assert.deepEqual(JSON.parse(await decryptGcm(resource, key, crypto)), vectors.NOTIFICATION.transaction)
      const encrypted = { nonce: '61f9c719728a', associated_data: 'certificate' }
      const ciphertext = await encryptGcm('证书', encrypted, key, crypto)
      assert.equal(await decryptGcm({ ...encrypted, ciphertext }, key, crypto), '证书')
      const error = await rejection(decryptGcm({ ...encrypted, ciphertext, associated_data: '' }, key, crypto))
      assert.equal(error.code, 'DECRYPTION_FAILED')
    },
  },
  {
    name: 'AES-256-ECB opens what openssl encrypted, and what it encrypted itself, whatever the length',
    async run() {
      const key = await importEcbKey(md5(vectors.APIV2_KEY), crypto)
      assert.include(await decryptEcb(vectors.REQ_INFO.encrypted, key, crypto), vectors.REQ_INFO.fields.out_refund_no)
      for (const length of [0, 1, 15, 16, 17, 32])
        assert.equal(
          await decryptEcb(await encryptEcb('x'.repeat(length), key, crypto), key, crypto),
          'x'.repeat(length),
        )
    },
  },
]
