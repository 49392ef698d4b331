import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { importPrivateKey, importPublicKey, type PrivateKey, type PublicKey } from '../../../src/core/crypto/keys.ts'
import { decrypt, encrypt, sign, verify } from '../../../src/core/crypto/rsa.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'

let privateKey: PrivateKey
let publicKey: PublicKey
beforeAll(async () => {
  privateKey = await importPrivateKey(keys.PRIVATE_KEY, 'privateKey', crypto)
  publicKey = await importPublicKey(keys.PUBLIC_KEY, 'publicKey', crypto)
})

// openssl dgst -sha256 -sign p8.pem, of the five lines of a GET.
const LINES = 'GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n'

test('a signature is the one openssl makes', async () => {
  expect(await sign(LINES, privateKey.sign, crypto)).toBe(keys.SIGNATURE_OF_CERTIFICATES_REQUEST)
})

describe('a signature does not fit', () => {
  test.each([
    ['another message', 'GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n', undefined],
    ['text that is no base64', LINES, '***'],
    ['nothing', LINES, ''],
    ['a probe', LINES, `WECHATPAY/SIGNTEST/${'A'.repeat(300)}`],
    ['a cut one', LINES, 'AAAA'],
  ])('%s is not verified', async (_, message, signature = keys.SIGNATURE_OF_CERTIFICATES_REQUEST) => {
    expect(await verify(message, signature, publicKey.verify, crypto)).toBe(false)
  })
})

test('a encrypted field opens to what it was, up to 214 bytes of UTF-8', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 50 }), async text => {
      fc.pre(new TextEncoder().encode(text).length <= 214)
      expect(await decrypt(await encrypt(text, publicKey, crypto), privateKey, crypto)).toBe(text)
    }),
    { numRuns: 20 },
  )
  expect(await decrypt(await encrypt('a'.repeat(214), publicKey, crypto), privateKey, crypto)).toBe('a'.repeat(214))
})

test('a field too long to be encrypted is refused', async () => {
  await expect(encrypt('张'.repeat(72), publicKey, crypto)).rejects.toThrow()
})

test('what was encrypted for another key does not open, and the error tells the likely cause', async () => {
  const other = await importPrivateKey(keys.OTHER_PRIVATE_KEY, 'privateKey', crypto)
  const encrypted = await encrypt('13800138000', publicKey, crypto)
  await expect(decrypt(encrypted, other, crypto)).rejects.toMatchObject({
    code: 'DECRYPTION_FAILED',
    message: expect.stringContaining('renewal'),
  })
  await expect(decrypt('not base64!', privateKey, crypto)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
  await expect(decrypt(encrypted, { sign: privateKey.sign }, crypto)).rejects.toMatchObject({
    message: expect.stringContaining('decryptionKey'),
  })
})
