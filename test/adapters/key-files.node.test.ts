import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { wechatpay } from '../../src/adapters/node.ts'
import * as keys from '../fixtures/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-'))
afterAll(() => rmSync(folder, { recursive: true }))

const withFile = (content: string, name = 'WECHATPAY_PRIVATE_KEY_FILE') => {
  const path = join(folder, 'key.pem')
  writeFileSync(path, content)
  return () => wechatpay({ WECHATPAY_MCHID: '1900000109', WECHATPAY_SERIAL: 'AB', [name]: path })
}

test.each([
  ['an empty private key', '', 'WECHATPAY_PRIVATE_KEY_FILE', 'OPTION_INVALID', 'empty'],
  ['a private key of a line break', '\n', 'WECHATPAY_PRIVATE_KEY_FILE', 'OPTION_INVALID', 'empty'],
  ['an empty APIv3 key', '', 'WECHATPAY_APIV3_KEY_FILE', 'OPTION_INVALID', 'empty'],
  ['a private key that is no PEM', '{"secret":"text"}', 'WECHATPAY_PRIVATE_KEY_FILE', 'PEM_INVALID', 'PEM'],
])('a file with %s is what the error names, and nothing of its content', (_, content, option, code, word) => {
  expect(withFile(content, option)).toThrow(
    expect.objectContaining({ code, option, message: expect.stringMatching(`${option}: .*key.pem.*${word}`) }),
  )
  expect(withFile(content, option)).not.toThrow(/secret/)
})

const KEYS = {
  'apiclient_key.pem': keys.PRIVATE_KEY,
  'cert.pem': keys.CERTIFICATE,
  'pub.pem': keys.OTHER_PUBLIC_KEY,
  'encrypted.pem': keys.ENCRYPTED_PRIVATE_KEY,
  'apiv3.txt': `${'k'.repeat(31)}\n`,
}
for (const [name, content] of Object.entries(KEYS)) writeFileSync(join(folder, name), content)

const MERCHANT = {
  WECHATPAY_MCHID: '1900000109',
  WECHATPAY_SERIAL: 'AB',
  WECHATPAY_PRIVATE_KEY_FILE: join(folder, 'apiclient_key.pem'),
  WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1',
  WECHATPAY_PUBLIC_KEY_FILE: join(folder, 'pub.pem'),
}

test.each<[string, string, string]>([
  ['WECHATPAY_PRIVATE_KEY_FILE', 'cert.pem', 'PEM_WRONG_KIND'],
  ['WECHATPAY_PRIVATE_KEY_FILE', 'encrypted.pem', 'PEM_ENCRYPTED'],
  ['WECHATPAY_CERTIFICATE_FILE', 'apiclient_key.pem', 'PEM_WRONG_KIND'],
  ['WECHATPAY_PUBLIC_KEY_FILE', 'cert.pem', 'PEM_WRONG_KIND'],
  ['WECHATPAY_APIV3_KEY_FILE', 'apiv3.txt', 'OPTION_INVALID'],
  ['WECHATPAY_BRAND_PRIVATE_KEY_FILE', 'encrypted.pem', 'PEM_ENCRYPTED'],
  ['WECHATPAY_BRAND_CERTIFICATE_FILE', 'pub.pem', 'PEM_WRONG_KIND'],
])('a wrong file is told by the variable that names it, %s, and by its path: %s', (option, file, code) => {
  const path = join(folder, file)
  expect(() => wechatpay({ ...MERCHANT, [option]: path })).toThrow(
    expect.objectContaining({ code, option, message: expect.stringMatching(`^${option}: ${path}: `) }),
  )
})

test('a private key that is not that of the certificate is told by the variables that name the files', () => {
  writeFileSync(join(folder, 'other.pem'), keys.OTHER_PRIVATE_KEY)
  const files = {
    WECHATPAY_CERTIFICATE_FILE: join(folder, 'cert.pem'),
    WECHATPAY_PRIVATE_KEY_FILE: join(folder, 'other.pem'),
  }
  expect(() => wechatpay({ ...MERCHANT, ...files })).toThrow(
    /^WECHATPAY_PRIVATE_KEY_FILE: not the private key of WECHATPAY_CERTIFICATE_FILE\./,
  )
})

test('an empty private key in the environment is said to be empty', () => {
  expect(() => wechatpay({ WECHATPAY_MCHID: '1900000109', WECHATPAY_PRIVATE_KEY: '' })).toThrow(
    /^WECHATPAY_PRIVATE_KEY: missing or empty/,
  )
})
