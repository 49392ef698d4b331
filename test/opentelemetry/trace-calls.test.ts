import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { traceCalls } from '../../src/opentelemetry/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../core/test-client.ts'
import { PRIVATE_KEY, PUBLIC_KEY } from '../fixtures/keys.ts'
import { createCollector } from './collector.ts'

// The SDK of OpenTelemetry judges: it gets what a backend would get.

let collector: ReturnType<typeof createCollector>
beforeEach(() => {
  collector = createCollector()
})
afterEach(async () => {
  await collector.end()
})

const down = () => Promise.reject(new TypeError('down'))
const ORDER = { appid: 'wx8888888888888888', mch_id: '1900000109', out_trade_no: 'SECRET-1' }

test('an attempt is a client span by the conventions, without a value of its path', async () => {
  const { wxpay } = createTestClient([await signedV3Response({ trade_state: 'SUCCESS' })])
  traceCalls(wxpay, collector)
  await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({
    out_trade_no: 'SECRET-1',
    params: { mchid: '1900000109' },
  })
  const [span] = collector.spans()
  expect(span).toMatchObject({
    name: 'GET /v3/pay/transactions/out-trade-no/{out_trade_no}',
    kind: SpanKind.CLIENT,
    status: { code: SpanStatusCode.UNSET },
  })
  expect(span!.attributes).toEqual({
    'http.request.method': 'GET',
    'url.template': '/v3/pay/transactions/out-trade-no/{out_trade_no}',
    'server.address': 'api.mch.weixin.qq.com',
    'server.port': 443,
    'http.response.status_code': 200,
    'wechatpay.mchid': '1900000109',
    'wechatpay.call_id': expect.any(String),
    'wechatpay.verified_by': 'FF01',
  })
  expect(JSON.stringify(span!.attributes)).not.toContain('SECRET')
})

test('a call of the brand API names the brand in place of the merchant', async () => {
  const brand = {
    brandId: '40001',
    serial: 'ABCD',
    privateKey: PRIVATE_KEY,
    platformKeys: { PUB_KEY_ID_1: PUBLIC_KEY },
  }
  const { wxpay } = createTestClient([down], { brand })
  traceCalls(wxpay, collector)
  await expect(wxpay.brand.cardMember.cards.get()).rejects.toThrow('down')
  const [span] = collector.spans()
  expect(span!.attributes).toMatchObject({
    'url.template': '/brand/card-member/cards',
    'wechatpay.brand_id': '40001',
  })
  expect(span!.attributes).not.toHaveProperty('wechatpay.mchid')
})

test('each repetition is a span of its own, with its number and the error of the one before', async () => {
  const { wxpay } = createTestClient([down, await signedV3Response({})], { retry: { delay: () => 1 } })
  traceCalls(wxpay, collector)
  await wxpay.request('GET', 'v3/x')
  const [first, second] = collector.spans()
  expect(first).toMatchObject({ name: 'GET', status: { code: SpanStatusCode.ERROR } })
  expect(first!.attributes).toMatchObject({
    'error.type': 'NETWORK_ERROR',
    'server.address': 'api.mch.weixin.qq.com',
    'wechatpay.may_have_taken_effect': false,
  })
  expect(first!.attributes).not.toHaveProperty('http.response.status_code')
  expect(second!.attributes).toMatchObject({
    'http.request.resend_count': 1,
    'server.address': 'api2.mch.weixin.qq.com',
    'http.response.status_code': 200,
    'wechatpay.call_id': first!.attributes['wechatpay.call_id'],
  })
})

test("a refusal is an error of WeChat Pay's own code, and a call in doubt says so", async () => {
  const { wxpay } = createTestClient([signedV2Response({ result_code: 'FAIL', err_code: 'ORDERNOTEXIST' }), down])
  traceCalls(wxpay, collector)
  await wxpay.v2.pay.orderquery.post(ORDER).catch(() => {})
  await wxpay.v2.pay.closeorder.post(ORDER).catch(() => {})
  const [refused, lost] = collector.spans()
  expect(refused).toMatchObject({ name: 'POST /pay/orderquery', status: { code: SpanStatusCode.ERROR } })
  expect(refused!.attributes).toMatchObject({ 'error.type': 'ORDERNOTEXIST', 'http.response.status_code': 200 })
  expect(lost!.attributes).toMatchObject({ 'error.type': 'NETWORK_ERROR', 'wechatpay.may_have_taken_effect': true })
})

test('a call of which nothing was sent has no span, and ends leave none open', async () => {
  const { wxpay } = createTestClient([await signedV3Response({})])
  const stop = traceCalls(wxpay, collector)
  await wxpay.request('POST', 'v3/x', { body: Number.NaN }).catch(() => {})
  expect(collector.spans()).toEqual([])
  await wxpay.request('GET', 'v3/x')
  stop()
  await wxpay.request('GET', 'v3/x')
  expect(collector.spans()).toHaveLength(1)
})

test('durations are measured in seconds, in the buckets of the conventions', async () => {
  const { wxpay } = createTestClient([await signedV3Response({}), down])
  traceCalls(wxpay, collector)
  await wxpay.request('GET', 'v3/x')
  await wxpay.request('GET', 'v3/x').catch(() => {})
  const [metric] = await collector.metrics()
  expect(metric!.descriptor).toMatchObject({ name: 'http.client.request.duration', unit: 's' })
  const points = metric!.dataPoints as {
    attributes: object
    value: { sum: number; count: number; buckets: { boundaries: number[] } }
  }[]
  expect(points.map(({ attributes }) => attributes)).toEqual([
    {
      'http.request.method': 'GET',
      'server.address': 'api.mch.weixin.qq.com',
      'server.port': 443,
      'http.response.status_code': 200,
    },
    {
      'http.request.method': 'GET',
      'server.address': 'api.mch.weixin.qq.com',
      'server.port': 443,
      'error.type': 'NETWORK_ERROR',
    },
  ])
  expect(points[0]!.value.buckets.boundaries).toEqual([
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ])
  // A call of this test takes less than a minute: milliseconds would be thousands.
  expect(points[0]!.value.sum).toBeLessThan(60)
  expect(points[0]!.value.count).toBe(1)
})

test('without a provider nothing is recorded, and calls go on', async () => {
  const { wxpay } = createTestClient([await signedV3Response({})])
  traceCalls(wxpay)
  expect((await wxpay.request('GET', 'v3/x')).status).toBe(200)
})

test.each([{}, undefined, 'wxpay'])('%j, which is no client, is refused by name', client => {
  expect(() => traceCalls(client as never, collector)).toThrow(
    expect.objectContaining({ name: 'ConfigurationError', option: 'client' }),
  )
})
