import { expect, test } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'
import { serve } from '../fixtures/server.ts'

test('a redirect of an access point is not followed: no signed request reaches the host that it names', async () => {
  const arrived: string[] = []
  await using evil = await serve(async ({ url }) => {
    arrived.push(url)
    return new Response('{}')
  })
  for (const status of [301, 302, 303, 307, 308]) {
    await using wechatpay = await serve(async ({ url }) => {
      arrived.push(`asked ${new URL(url).pathname}`)
      return new Response(null, { status, headers: { location: `${evil.url}stolen` } })
    })
    const wxpay = new Wechatpay({
      mchid: '1900000109',
      serial: 'ABCD',
      privateKey: keys.PRIVATE_KEY,
      apiv2Key: '192006250b4c09247ec02edce69f6a2d',
      platformKeys: { FF01: keys.OTHER_CERTIFICATE },
      baseUrl: wechatpay.url,
      retry: false,
    })
    const body = '<xml><out_trade_no>1</out_trade_no></xml>'
    arrived.length = 0
    expect((await wxpay.fetch(`${wechatpay.url}v3/certificates`)).status).toBe(status)
    await wxpay.fetch(`${wechatpay.url}v3/x`, { method: 'POST', body: '{}' })
    await wxpay.fetch(`${wechatpay.url}pay/orderquery`, { method: 'POST', body }).catch(() => {})
    await wxpay.request('POST', 'v3/x', { body: {} }).catch(() => {})
    await wxpay.request('POST', 'v2/pay/orderquery', { body: { a: '1' } }).catch(() => {})
    expect(arrived).toEqual([
      'asked /v3/certificates',
      'asked /v3/x',
      'asked /pay/orderquery',
      'asked /v3/x',
      'asked /pay/orderquery',
    ])
  }
})
