import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { wechatpay } from '../../src/adapters/node.ts'

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

test('an empty private key in the environment is said to be empty', () => {
  expect(() => wechatpay({ WECHATPAY_MCHID: '1900000109', WECHATPAY_PRIVATE_KEY: '' })).toThrow(
    /^WECHATPAY_PRIVATE_KEY: missing or empty/,
  )
})
