import { describe, expect, test } from 'vitest'
import { CallError } from '../../src/core/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from './test-client.ts'

const V3 = '/v3/pay/transactions/id/1?mchid=1900000109'
const xml = { method: 'POST', body: '<xml><out_trade_no>1</out_trade_no></xml>' }

describe('wxpay.fetch signs nothing for a host that is not WeChat Pay’s', () => {
  test.each([
    ['another host', 'https://evil.example'],
    ['a host that begins like an access point', 'https://api.mch.weixin.qq.com.evil.example'],
    ['a host that ends like one', 'https://evilapi.mch.weixin.qq.com'],
    ['an access point that is an evil one’s path', 'https://evil.example/https://api.mch.weixin.qq.com'],
    ['another port', 'https://api.mch.weixin.qq.com:8443'],
    ['plain HTTP', 'http://api.mch.weixin.qq.com'],
    ['a fully qualified name, which some resolve otherwise', 'https://api.mch.weixin.qq.com.'],
    ['an internal service', 'http://169.254.169.254'],
  ])('%s is refused, and nothing is sent', async (_, origin) => {
    const { wxpay, requests } = createTestClient([await signedV3Response({})])
    for (const request of [new Request(origin + V3), new Request(`${origin}/pay/orderquery`, xml)]) {
      const error = await wxpay.fetch(request).catch(error => error)
      expect(error).toBeInstanceOf(CallError)
      expect(error).toMatchObject({ code: 'HOST_UNKNOWN', field: 'url' })
      expect(error.message).toContain(new URL(origin).host)
      expect(error.message).toContain('baseUrl')
    }
    expect(requests).toEqual([])
  })

  test('the error tells the host, and neither path nor query, which may be secret', async () => {
    const { wxpay } = createTestClient([await signedV3Response({})])
    const error = await wxpay.fetch('https://evil.example/v3/x?token=secret').catch(error => error)
    expect(error.message).toContain('https://evil.example')
    expect(error.message).not.toContain('secret')
  })
})

describe('wxpay.fetch signs for', () => {
  test.each([
    ['https://api.mch.weixin.qq.com', V3, V3],
    ['https://api2.mch.weixin.qq.com', V3, V3],
    ['https://apihk.mch.weixin.qq.com', V3, V3],
    ['https://fraud.mch.weixin.qq.com', V3, V3],
    ['https://payapp.weixin.qq.com', V3, V3],
    ['https://api.mch.weixin.qq.com/hk', '/v3/merchants/1', '/hk/v3/merchants/1'],
    ['https://apihk.mch.weixin.qq.com/global', '/v3/customs/orders', '/global/v3/customs/orders'],
  ])('the access point %s, its path as it stands', async (base, path, sent) => {
    const { wxpay, requests } = createTestClient([await signedV3Response({ a: 1 })])
    const response = await wxpay.fetch(base + path)
    expect(await response.json()).toEqual({ a: 1 })
    expect(requests[0]!.url).toBe(new URL(base).origin + sent)
    expect(requests[0]!.headers.get('authorization')).toMatch(/^WECHATPAY2-SHA256-RSA2048 /)
  })

  test('an access point by APIv2', async () => {
    const { wxpay, requests } = createTestClient([signedV2Response({})])
    await wxpay.fetch('https://api.mch.weixin.qq.com/pay/orderquery', xml)
    expect(requests[0]!.url).toBe('https://api.mch.weixin.qq.com/pay/orderquery')
  })

  test('baseUrl, plain HTTP and with a path before the API’s own, by either API', async () => {
    const baseUrl = 'http://127.0.0.1:8989/wx'
    const v3 = createTestClient([await signedV3Response({})], { baseUrl })
    await v3.wxpay.fetch(baseUrl + V3)
    expect(v3.requests[0]!.url).toBe(baseUrl + V3)
    await v3.wxpay.fetch(`${baseUrl}/hk/v3/merchants/1`)
    expect(v3.requests[1]!.url).toBe(`${baseUrl}/hk/v3/merchants/1`)
    expect(v3.requests[1]!.headers.get('authorization')).toMatch(/^WECHATPAY2/)
    const v2 = createTestClient([signedV2Response({})], { baseUrl: `${baseUrl}/` })
    await v2.wxpay.fetch(`${baseUrl}/pay/orderquery`, xml)
    expect(v2.requests[0]!.url).toBe(`${baseUrl}/pay/orderquery`)
  })

  test('baseUrl, and nothing beside it on its host', async () => {
    const { wxpay, requests } = createTestClient([await signedV3Response({})], { baseUrl: 'https://proxy.example/wx' })
    for (const url of [
      'https://proxy.example/v3/certificates',
      'https://proxy.example/wxevil/v3/certificates',
      'https://proxy.example/wx/../v3/certificates',
      'https://proxy.example/wx/%2e%2e/v3/certificates',
      'http://proxy.example/wx/v3/certificates',
      'https://proxy.example.evil.example/wx/v3/certificates',
    ])
      await expect(wxpay.fetch(url), url).rejects.toMatchObject({ code: 'HOST_UNKNOWN' })
    expect(requests).toEqual([])
  })

  test('the path that is sent, where it looks like a host', async () => {
    const { wxpay, requests } = createTestClient([await signedV3Response({})])
    await wxpay.fetch('https://api.mch.weixin.qq.com//evil.example/v3/x', xml).catch(() => {})
    expect(requests.map(({ url }) => url)).toEqual(['https://api.mch.weixin.qq.com//evil.example/v3/x'])
  })
})
