import { describe, expect, test } from 'vitest'
import type { WechatpayOptions } from '../../src/core/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from './test-client.ts'

const both = 'v3/global/transactions/id/1'
const usual = 'v3/pay/transactions/id/1'
const hosts = (requests: Request[]) => requests.map(({ url }) => new URL(url).host)
const ask = async (
  path: string,
  options: Partial<WechatpayOptions>,
  steps?: (Response | (() => Promise<Response>))[],
) => {
  const { wxpay, requests } = createTestClient(steps ?? [await signedV3Response({})], options)
  await wxpay.request('GET', path)
  return requests
}
const down = () => Promise.reject(new TypeError('down'))
const again = { retry: { attempts: 4, delay: () => 0 } }

describe('what two access points serve', () => {
  test('goes to the usual one', async () => {
    expect(hosts(await ask(both, {}))).toEqual(['api.mch.weixin.qq.com'])
  })

  test('goes to Hong Kong when asked for, its path signed as it is', async () => {
    const [request] = await ask(both, { hongKong: true })
    expect(request!.url).toBe('https://apihk.mch.weixin.qq.com/v3/global/transactions/id/1')
  })

  test('goes to the usual one when Hong Kong is out of reach, and back', async () => {
    const requests = await ask(both, { hongKong: true, ...again }, [down, down, await signedV3Response({})])
    expect(hosts(requests)).toEqual(['apihk.mch.weixin.qq.com', 'api.mch.weixin.qq.com', 'apihk.mch.weixin.qq.com'])
  })

  test('goes to the access point of the options, whatever else they say', async () => {
    const requests = await ask(both, { hongKong: true, baseUrl: 'https://pay.example/wx', ...again }, [
      down,
      await signedV3Response({}),
    ])
    expect(requests.map(({ url }) => url)).toEqual(Array(2).fill('https://pay.example/wx/v3/global/transactions/id/1'))
  })
})

describe('what one access point serves', () => {
  test('goes there, Hong Kong asked for or not', async () => {
    expect(hosts(await ask(usual, { hongKong: true }))).toEqual(['api.mch.weixin.qq.com'])
    for (const hongKong of [true, false])
      expect(hosts(await ask('v3/customs/orders', { hongKong }))).toEqual(['apihk.mch.weixin.qq.com'])
    const { wxpay, requests } = createTestClient([signedV2Response({})], { hongKong: true })
    await wxpay.request('POST', 'v2/secsvc/realnameauth', { body: {} })
    expect(hosts(requests)).toEqual(['fraud.mch.weixin.qq.com'])
  })

  test('has no standby but where it is the usual one', async () => {
    const only = await ask('v3/customs/orders', again, [down, await signedV3Response({})])
    expect(hosts(only)).toEqual(['apihk.mch.weixin.qq.com', 'apihk.mch.weixin.qq.com'])
    const standby = await ask(usual, { hongKong: true, ...again }, [down, await signedV3Response({})])
    expect(hosts(standby)).toEqual(['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com'])
  })

  test('has its path prefix behind the access point of the options', async () => {
    const [request] = await ask('v3/merchants/1', { baseUrl: 'https://pay.example/wx/' })
    expect(request!.url).toBe('https://pay.example/wx/hk/v3/merchants/1')
  })
})
