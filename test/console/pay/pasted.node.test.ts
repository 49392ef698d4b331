import { expect, test } from 'vitest'
import { paymentReferenceOf } from '../../../src/console/pay/pasted.ts'

test('a code_url and an h5_url name a payment, and no other text does', () => {
  const code_url = 'weixin://wxpay/bizpayurl?pr=a1b2c3d4e'
  expect(paymentReferenceOf(code_url)).toEqual({ code_url })
  for (const origin of ['http://127.0.0.1:8989', 'https://wx.tenpay.com'])
    expect(paymentReferenceOf(`${origin}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2`)).toEqual({
      prepay_id: 'wx1',
    })
  for (const text of [
    'hello',
    'https://example.com/',
    'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb',
    'ftp://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1',
    'javascript:alert(1)',
    `${code_url} ${code_url}`,
  ])
    expect(paymentReferenceOf(text)).toBeUndefined()
})
