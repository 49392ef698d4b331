import { expect, test } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import { equal, hmacSha256, importHmacKey, md5, sha1, sha256 } from '../../../src/core/crypto/digest.ts'
import { crypto } from '../../webcrypto.ts'

// The known answer of the official APIv2 documentation.
const MESSAGE =
  'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA&key=192006250b4c09247ec02edce69f6a2d'

test('MD5 gives the official known answer', () => {
  expect(md5(MESSAGE).toUpperCase()).toBe('9A0A8659F005D6984697E2CA0A9CF3B7')
})

test('HMAC-SHA256 gives the official known answer', async () => {
  const key = await importHmacKey('192006250b4c09247ec02edce69f6a2d', crypto)
  expect((await hmacSha256(MESSAGE, key, crypto)).toUpperCase()).toBe(
    '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
  )
})

test('SHA-1, SHA-256 and MD5 give the known answers of RFC 1321 and FIPS 180', async () => {
  expect(md5('abc')).toBe('900150983cd24fb0d6963f7d28e17f72')
  expect(md5('')).toBe('d41d8cd98f00b204e9800998ecf8427e')
  expect(await sha1(utf8('abc'), crypto)).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
  expect(await sha256(utf8('abc'), crypto)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('texts are equal only when they are the same', () => {
  expect(equal('', '')).toBe(true)
  expect(equal('A1', 'A1')).toBe(true)
  for (const [one, other] of [
    ['A1', 'A2'],
    ['A1', 'A'],
    ['A', 'A1'],
    ['', 'A'],
    ['A', ''],
    ['AA', 'AAAA'],
  ] as const)
    expect(equal(one, other), `${one} ${other}`).toBe(false)
})
