import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseJson, type WechatpayOptions } from '../../../src/core/index.ts'
import type { GatewayOptions } from '../../../src/gateway/index.ts'
import type { Simulator } from '../../../src/simulator/index.ts'
import { eventually } from '../../eventually.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
let simulator: Simulator
beforeAll(async () => {
  one = await createTestGateway()
  simulator = one.simulator
})
const call = (path: string, init?: RequestInit) => one.call(path, init)
/** Another gateway, whose client is another. */
const by = async (
  client: Partial<WechatpayOptions>,
  path: string,
  init?: RequestInit,
  options: Partial<GatewayOptions> = {},
) => (await createTestGateway(options, client)).call(path, init)
const order = (out_trade_no: string) => nativeOrder(one, out_trade_no) as Record<string, unknown>

describe('the gateway relays', () => {
  test('APIv3: JSON in and out, with the key that proved the answer', async () => {
    const response = await call('/v3/pay/transactions/native', json(order('G1000001')))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ code_url: expect.stringMatching(/^weixin:/) })
    const { requestId } = simulator.journal.at(-1)!
    expect(response.headers.get('request-id')).toBe(requestId)
    expect(response.headers.get('wechatpay-edge-verified-by')).toMatch(/^PUB_KEY_ID_/)
  })

  test('APIv2: JSON in and out, XML on the wire', async () => {
    const { appid, mchid: mch_id } = simulator.merchant
    const response = await call('/v2/pay/orderquery', json({ appid, mch_id, out_trade_no: 'G1000001' }))
    expect([response.status, response.headers.get('wechatpay-edge-verified-by')]).toEqual([200, 'HMAC-SHA256'])
    expect(await response.json()).toMatchObject({
      return_code: 'SUCCESS',
      trade_state: 'NOTPAY',
      out_trade_no: 'G1000001',
    })
  })

  test('a query, whatever is in it, and numbers that look like placeholders', async () => {
    const { mchid } = simulator.merchant
    const path = `/v3/pay/transactions/out-trade-no/_G2%20a_?mchid=${mchid}&x=a%26b&x=c`
    await call(path)
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', url: path })
  })

  test('an integer beyond 2^53 unrounded', async () => {
    const fetch: typeof globalThis.fetch = async (input, init) => {
      expect(parseJson(await new Request(input, init).text())).toEqual({ applyment_id: 9007199254740993n })
      return simulator.fetch(input, init)
    }
    const { merchant } = simulator
    const response = await by({ ...merchant, fetch }, '/v3/x', {
      method: 'POST',
      body: '{"applyment_id":9007199254740993}',
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(404)
  })

  test('encrypted fields, plain on the inside', async () => {
    const receiver = { type: 'PERSONAL_OPENID', account: 'o', name: '张三', relation_type: 'USER' }
    const { appid } = simulator.merchant
    const response = await call('/v3/profitsharing/receivers/add', json({ appid, ...receiver }))
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining(receiver)])
    expect(JSON.stringify(simulator.journal)).not.toContain('张三')
  })

  test('an empty answer, an upload, a download, a redirect', async () => {
    const { mchid } = simulator.merchant
    await call('/v3/pay/transactions/native', json(order('G4000001')))
    const closed = await call('/v3/pay/transactions/out-trade-no/G4000001/close', json({ mchid }))
    expect([closed.status, await closed.text()]).toEqual([204, ''])

    const form = new FormData()
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
    form.set('file', new File([png], 'a.png', { type: 'image/png' }))
    const uploaded = await call('/v3/merchant/media/upload', { method: 'POST', body: form })
    expect(await uploaded.json()).toEqual({ media_id: expect.any(String) })

    await call('/v3/pay/transactions/native', json(order('G5000001')))
    const { paidAt } = simulator.pay({ out_trade_no: 'G5000001' })
    const bill_date = new Date(paidAt!).toLocaleDateString('sv', { timeZone: 'Asia/Shanghai' })
    await simulator.advance(86_400_000)
    const { download_url } = (await (await call(`/v3/bill/tradebill?bill_date=${bill_date}`)).json()) as {
      download_url: string
    }
    const bill = await call(new URL(download_url).pathname + new URL(download_url).search)
    expect([bill.status, await bill.text()]).toEqual([200, expect.stringContaining('交易时间')])

    const query = {
      appid: simulator.merchant.appid,
      mch_id: mchid,
      plan_id: '1',
      contract_code: '1',
      request_serial: '1',
      contract_display_account: 'x',
      notify_url: 'https://example.com/',
      version: '1.0',
      timestamp: '1414488825',
    }
    const redirect = await call(`/v2/papay/entrustweb?${new URLSearchParams(query)}`)
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, expect.stringMatching(/^https:/)])
  })

  test("WeChat Pay's own errors with their status, as JSON in both APIs, and not as its own", async () => {
    const { appid, mchid } = simulator.merchant
    const v3 = await call(`/v3/pay/transactions/out-trade-no/none?mchid=${mchid}`)
    expect([v3.status, v3.headers.get('wechatpay-edge-error'), await v3.json()]).toEqual([
      404,
      null,
      expect.objectContaining({ code: 'ORDER_NOT_EXIST' }),
    ])
    const v2 = await call('/v2/pay/orderquery', json({ appid, mch_id: mchid, out_trade_no: 'none' }))
    expect([v2.status, v2.headers.get('wechatpay-edge-error'), await v2.json()]).toEqual([
      200,
      null,
      expect.objectContaining({ err_code: 'ORDERNOTEXIST' }),
    ])
  })
})

/** Makes a call whose time is up when it has been sent: before that, nothing can have taken effect. */
async function callInVain(): Promise<Response> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let isSent = false
  const fetch = () => {
    isSent = true
    return new Promise<Response>(() => {})
  }
  const calling = by({ fetch, timeout: 1_000 }, '/v3/pay/transactions/native', json({}))
  await eventually(() => expect(isSent).toBe(true))
  await vi.advanceTimersByTimeAsync(1_000)
  return calling
}

describe('the gateway speaks for itself as a problem document', () => {
  test('a call without the client certificate that it requires names the variables, the merchant and the whole path', async () => {
    const { mchid } = one.simulator.merchant
    const response = await by({ mtlsFetch: undefined as never }, '/v2/secapi/pay/refund', json({ a: '1' }))
    const { code, detail, mayHaveTakenEffect } = (await response.json()) as Record<string, unknown>
    expect([code, mayHaveTakenEffect]).toEqual(['OPTION_MISSING', false])
    for (const named of ['/v2/secapi/pay/refund', mchid, 'WECHATPAY_MTLS', `WECHATPAY_${mchid}_MTLS`])
      expect(detail).toContain(named)
    expect(detail).not.toContain('mtlsFetch')
  })

  test.each<[string, () => Response | Promise<Response>, number, string]>([
    [
      'a body that is no JSON',
      () => call('/v3/pay/transactions/native', { ...json({}), body: '{' }),
      400,
      'BODY_INVALID',
    ],
    ['an empty path segment', () => call('/v3/pay//native', json({})), 400, 'PATH_INVALID'],
    ["a path of nobody's", () => call('/v4/x'), 404, 'NOT_FOUND'],
    [
      'no client certificate',
      () => by({ mtlsFetch: undefined as never }, '/v2/secapi/pay/refund', json({ a: '1' })),
      500,
      'OPTION_MISSING',
    ],
    [
      'nobody answering',
      () => by({ fetch: () => Promise.reject(new TypeError('x')) }, '/v3/pay/transactions/native', json({})),
      502,
      'NETWORK_ERROR',
    ],
    ['time that is up', callInVain, 504, 'TIMEOUT'],
    [
      'an answer that is not proven',
      () => by({ fetch: async () => new Response('{}') }, '/v3/pay/transactions/native', json({})),
      502,
      'SIGNATURE_MISSING',
    ],
    [
      "a proxy's HTML",
      () => by({ fetch: async () => new Response('<html>', { status: 502 }) }, '/v3/pay/transactions/native', json({})),
      502,
      'UPSTREAM_ERROR',
    ],
  ])('%s', async (_, request, status, code) => {
    const response = await request()
    expect([response.status, response.headers.get('wechatpay-edge-error')]).toEqual([status, code])
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    const problem = (await response.json()) as { detail: string; mayHaveTakenEffect?: boolean }
    expect(problem).toMatchObject({ status, code, detail: expect.any(String), requestId: expect.any(String) })
    // A lost or unproven answer to a POST leaves a doubt, and says so.
    if (status > 500) expect(problem.mayHaveTakenEffect).toBe(true)
  })

  test("tells of an error that is none of the library's only its kind", async () => {
    const authenticate = () => {
      throw new RangeError('secret')
    }
    const response = await by({}, '/v3/certificates', {}, { authenticate })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret')
  })
})
