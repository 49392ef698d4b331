import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../../src/core/index.ts'
import { startH5, startNative } from '../../../../src/flows/payment/index.ts'
import { createSimulator } from '../../../../src/simulator/index.ts'

const h5_url =
  'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx20161110163838f231619da20804912345&package=1037687096'

describe('startH5', () => {
  it('the known answer of the official page', () => {
    expect(startH5({ h5_url, redirect_url: 'https://www.wechatpay.com.cn' })).toBe(
      `${h5_url}&redirect_url=https%3A%2F%2Fwww.wechatpay.com.cn`,
    )
  })

  it('of APIv2 too; without redirect_url it is the URL as it came', () => {
    expect(startH5({ h5_url })).toBe(h5_url)
    expect(startH5({ mweb_url: h5_url })).toBe(h5_url)
    expect(startH5({ mweb_url: h5_url, redirect_url: 'https://a.cn/' })).toBe(
      `${h5_url}&redirect_url=https%3A%2F%2Fa.cn%2F`,
    )
  })

  it('takes a whole answer, whatever else is in it', () => {
    const response = { h5_url, trade_type: 'MWEB' }
    expect(startH5({ ...response, redirect_url: undefined })).toBe(h5_url)
  })

  it('any redirect_url comes back out of the query as it went in, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['https'], withQueryParameters: true, withFragments: true }), url => {
        const { searchParams } = new URL(startH5({ h5_url, redirect_url: url }))
        expect([...searchParams]).toEqual([...new URL(h5_url).searchParams, ['redirect_url', url]])
      }),
    )
  })

  it.each<[field: string, answer: object]>([
    ['h5_url', {}],
    ['h5_url', { h5_url: '' }],
    ['h5_url', { h5_url: 'http://wx.tenpay.com/' }],
    ['h5_url', { h5_url: `${h5_url}&redirect_url=x`, redirect_url: 'https://a.cn' }],
    ['mweb_url', { mweb_url: 'weixin://wap/pay?' }],
    ['redirect_url', { h5_url, redirect_url: '' }],
    ['redirect_url', { h5_url, redirect_url: '/orders/1' }],
    ['redirect_url', { h5_url, redirect_url: 'http://a.cn/' }],
    ['redirect_url', { h5_url, redirect_url: 'javascript:alert(1)' }],
    ['redirect_url', { h5_url, redirect_url: 'https://a.cn/\ud800' }],
  ])('refuses by its name: %s of %j', (field, answer) => {
    expect(() => startH5(answer as never)).toThrow(
      expect.objectContaining({ name: 'CallError', code: 'PARAMETER_INVALID', field }),
    )
  })
})

describe('startNative', () => {
  it('is the text of the QR code', () => {
    const code_url = 'weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00'
    expect(startNative({ code_url })).toBe(code_url)
  })

  it.each([undefined, '', 'NwY5Mz9', 'javascript:alert(1)'])('refuses %j', code_url => {
    expect(() => startNative({ code_url } as never)).toThrow(expect.objectContaining({ field: 'code_url' }))
  })
})

it('both take an answer of APIv2 as it came', async () => {
  const { merchant, fetch } = await createSimulator({ seed: 'flows' })
  const wxpay = new Wechatpay({ ...merchant, fetch })
  const place = async (trade_type: 'MWEB' | 'NATIVE') => {
    const { data } = await wxpay.v2.pay.unifiedorder.post({
      appid: merchant.appid,
      mch_id: merchant.mchid,
      body: 'Tea',
      out_trade_no: trade_type,
      product_id: '1',
      total_fee: 100,
      spbill_create_ip: '127.0.0.1',
      notify_url: 'https://example.com/notify',
      trade_type,
      ...(trade_type === 'MWEB' && {
        scene_info: { h5_info: { type: 'Wap', wap_url: 'https://a.cn', wap_name: 'A' } },
      }),
    })
    return data
  }
  const h5 = await place('MWEB')
  expect(startH5(h5)).toBe(h5.mweb_url)
  const native = await place('NATIVE')
  expect(startNative(native)).toBe(native.code_url)
})
