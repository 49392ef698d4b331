import { describe, expect, test } from 'vitest'
import { wechatpay as bunClient } from '../../src/adapters/bun.ts'
import { wechatpay as denoClient } from '../../src/adapters/deno.ts'
import { wechatpay } from '../../src/adapters/node.ts'
import { isNearMiss } from '../../src/core/base/near-miss.ts'
import type { WechatpayOptions } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'

const COMPLETE = {
  WECHATPAY_MCHID: '1900000109',
  WECHATPAY_SERIAL: 'ABCD',
  WECHATPAY_PRIVATE_KEY: keys.PRIVATE_KEY,
  WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1',
  WECHATPAY_PUBLIC_KEY: keys.PUBLIC_KEY,
}
const V2 = { WECHATPAY_MCHID: '1900000109', WECHATPAY_APIV2_KEY: '0'.repeat(32) }

const make = (environment: object, options?: Partial<WechatpayOptions>) => () => wechatpay(environment, options)

describe('a variable of which a near miss is set is named', () => {
  test.each([
    [COMPLETE, 'WECHATPAY_BASEURL', 'WECHATPAY_BASE_URL'],
    [COMPLETE, 'WECHATPAY_BASE_ULR', 'WECHATPAY_BASE_URL'],
    [COMPLETE, 'WECHATPAY_API_V3_KEY', 'WECHATPAY_APIV3_KEY'],
    [COMPLETE, 'WECHATPAY_APIV2_KEY_FLE', 'WECHATPAY_APIV2_KEY_FILE'],
    [V2, 'WECHATPAY_PRIVATEKEY', 'WECHATPAY_PRIVATE_KEY'],
    [V2, 'WECHATPAY_CERTIFICATE_CASHE', 'WECHATPAY_CERTIFICATE_CACHE'],
    [{ ...V2, WECHATPAY_MCHID: undefined }, 'WECHATPAY_MCH_ID', 'WECHATPAY_MCHID'],
  ])('%o with %s', (environment, name, meant) => {
    const refusal = expect.objectContaining({
      code: 'OPTION_INVALID',
      option: name,
      message: expect.stringContaining(`If ${meant} is meant, rename it`),
    })
    const misspelt = { ...environment, [name]: 'x' }
    expect(make(misspelt)).toThrow(refusal)
    expect(() => bunClient(misspelt)).toThrow(refusal)
    expect(() => denoClient(misspelt)).toThrow(refusal)
  })
})

test.each([
  'WECHATPAY_APPID',
  'WECHATPAY_API_KEY',
  'WECHATPAY_GATEWAY_URL',
  'WECHATPAY_ADMIN_TOKEN',
  'WECHATPAY_MERCHANTS',
  'WECHATPAY_EDGE_BASE_URL',
  'WECHATPAY_1900000109_PRIVATE_KEY',
  'WECHATPAY_NOTIFY_URL',
  'WECHATPAY_PRIVATE_KEY_PATH',
  'WECHATPAY_APIV4_KEY',
  'WECHATPAY_MCHID2',
  'WECHATPAY_MCH_ID',
  'WECHATPAY_CERTIFICATES',
  'WECHATPAY_SIGNER',
  'WECHATPAY_SERIAL_NO',
  'WECHATPAY_PRIVATE_KEYS',
  'OTHER_WECHATPAY_BASEURL',
])('%s is another variable', name => {
  expect(make({ ...COMPLETE, [name]: 'x' })).not.toThrow()
})

test('a near miss is accepted if it is empty, or if the program gives the option', () => {
  expect(make({ ...COMPLETE, WECHATPAY_BASEURL: '' })).not.toThrow()
  const environment = { ...COMPLETE, WECHATPAY_BASEURL: 'http://127.0.0.1:8989' }
  expect(make(environment, { baseUrl: 'http://127.0.0.1:8989' })).not.toThrow()
  expect(make(environment, { baseUrl: undefined })).not.toThrow()
  expect(make({ ...environment, WECHATPAY_APIV2KEY: 'x' }, { baseUrl: undefined })).toThrow(/^WECHATPAY_APIV2KEY: /)
})

test.each([
  ['PUBLIC_URL', 'PUBLIC_URL', false],
  ['PUBLIC_URLS', 'PUBLIC_URL', true],
  ['PBLIC_URL', 'PUBLIC_URL', true],
  ['PUBLIC_URI', 'PUBLIC_URL', true],
  ['PUBLIC_API_URL', 'PUBLIC_URL', false],
  ['AA', 'A', true],
  ['A2', 'A3', false],
])('%s as a near miss of %s: %s', (name, known, expected) => {
  expect(isNearMiss(name, known)).toBe(expected)
})
