import { expect, test } from 'vitest'
import { optionsFrom } from '../../src/adapters/environment.ts'

test('an environment names the options of a client, and what it does not name is absent', () => {
  expect(optionsFrom({ WECHATPAY_MCHID: '1900000109', WECHATPAY_SERIAL: 'ABCD', WECHATPAY_APIV2_KEY: '' })).toEqual({
    mchid: '1900000109',
    serial: 'ABCD',
  })
  const publicKey = { WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1', WECHATPAY_PUBLIC_KEY: 'pem' }
  expect(optionsFrom({ WECHATPAY_MCHID: '1', ...publicKey })).toEqual({
    mchid: '1',
    platformKeys: { PUB_KEY_ID_1: 'pem' },
  })
})

test('the id of a public key may have the line break that echo writes behind it', () => {
  const environment = { WECHATPAY_MCHID: '1', WECHATPAY_PUBLIC_KEY_ID: ' PUB_KEY_ID_1\n', WECHATPAY_PUBLIC_KEY: 'pem' }
  expect(optionsFrom(environment).platformKeys).toEqual({ PUB_KEY_ID_1: 'pem' })
})

test.each([
  ['WECHATPAY_PUBLIC_KEY_ID', { WECHATPAY_PUBLIC_KEY: 'pem' }],
  ['WECHATPAY_PUBLIC_KEY', { WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_1' }],
])('a public key of which %s is missing is refused by that name', (option, environment) => {
  expect(() => optionsFrom({ WECHATPAY_MCHID: '1', ...environment })).toThrow(
    expect.objectContaining({ code: 'OPTION_MISSING', option }),
  )
})

test.each(['1234', '5157F09EFDC096DE15EBE81A47057A7232F1B8E1', 'PUB_KEY_1'])(
  'an id of a public key that is %s is what the error accuses, not the key',
  id => {
    const environment = { WECHATPAY_MCHID: '1', WECHATPAY_PUBLIC_KEY_ID: id, WECHATPAY_PUBLIC_KEY: 'pem' }
    expect(() => optionsFrom(environment)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        option: 'WECHATPAY_PUBLIC_KEY_ID',
        message: expect.stringContaining('PUB_KEY_ID_'),
      }),
    )
  },
)
