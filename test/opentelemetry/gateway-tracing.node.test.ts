import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { createAuthenticate } from '../../src/gateway/caller/authenticate.ts'
import { createGatewayTracing, traceCalls } from '../../src/opentelemetry/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { createTestClient, signedV3Response } from '../core/test-client.ts'
import { createTestGateway, payOrder, type TestGateway } from '../gateway/test-gateway.ts'
import { createCollector } from './collector.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`

let collector: ReturnType<typeof createCollector>
beforeEach(() => {
  collector = createCollector()
})
afterEach(async () => {
  await collector.end()
})
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => {
  context.disable()
})

const tracedGateway = (): Promise<TestGateway> => createTestGateway({ tracing: createGatewayTracing(collector) })
const named = (name: string) => collector.spans().filter(span => span.name === name)

test('a call of a caller continues its trace through the gateway to WeChat Pay', async () => {
  const simulator = await createSimulator()
  const { mchid } = simulator.merchant
  const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, retry: false })
  traceCalls(wxpay, collector)
  const one = await createTestGateway({ tracing: createGatewayTracing(collector), merchants: { [mchid]: wxpay } })
  const response = await one.call(`/v3/pay/transactions/id/4200000000202601010000000001?mchid=${mchid}`, {
    headers: { traceparent: TRACEPARENT },
  })
  const [relay] = named('GET /v3/*')
  const [call] = named('GET /v3/pay/transactions/id/{}')
  expect(relay).toMatchObject({
    kind: SpanKind.SERVER,
    parentSpanContext: { traceId: TRACE, spanId: SPAN, isRemote: true },
  })
  expect(relay!.attributes).toMatchObject({
    'http.request.method': 'GET',
    'http.route': '/v3/*',
    'url.scheme': 'https',
    'http.response.status_code': 404,
    'wechatpay.gateway_request_id': response.headers.get('wechatpay-edge-request-id'),
  })
  expect(call).toMatchObject({ kind: SpanKind.CLIENT, parentSpanContext: { spanId: relay!.spanContext().spanId } })
  expect(call!.spanContext().traceId).toBe(TRACE)
  expect(JSON.stringify(collector.spans().map(({ name, attributes }) => [name, attributes]))).not.toContain('42000000')
})

test('a call is below the span that is active where it is made', async () => {
  const { wxpay } = createTestClient([await signedV3Response({})])
  traceCalls(wxpay, collector)
  const parent = collector.tracer.startSpan('shop')
  await context.with(trace.setSpan(context.active(), parent), () => wxpay.request('GET', 'v3/x'))
  expect(collector.spans()).toMatchObject([{ parentSpanContext: { spanId: parent.spanContext().spanId } }])
})

test('an event is delivered in the trace of its notification, and the endpoint continues it', async () => {
  const one = await tracedGateway()
  await payOrder(one, 'T100001')
  one.shop.answer = count => new Response(null, { status: count === 1 ? 503 : 204 })
  const [job] = one.jobs
  await one.gateway.deliver(job!)
  one.clock.now += 3_600_000
  await one.gateway.deliver(job!)

  const [notification] = named('POST /notify/{mchid}')
  const deliveries = named('POST')
  const { traceId, spanId } = notification!.spanContext()
  expect(deliveries.map(span => [span.kind, span.parentSpanContext?.traceId, span.parentSpanContext?.spanId])).toEqual([
    [SpanKind.CLIENT, traceId, spanId],
    [SpanKind.CLIENT, traceId, spanId],
  ])
  expect(deliveries.map(({ attributes, status }) => [attributes, status.code])).toMatchObject([
    [
      { 'http.response.status_code': 503, 'error.type': '503', 'server.address': 'shop.example.com' },
      SpanStatusCode.ERROR,
    ],
    [{ 'http.response.status_code': 204, 'http.request.resend_count': 1 }, SpanStatusCode.UNSET],
  ])
  expect(one.shop.received.map(({ headers }) => headers.get('traceparent'))).toEqual(
    deliveries.map(span => `00-${traceId}-${span.spanContext().spanId}-01`),
  )
  expect(JSON.stringify(deliveries.map(({ attributes }) => attributes))).not.toMatch(/T100001|wechatpay"|\/wechatpay/)
})

test('whoever sends a notification neither joins its trace nor decides whether it is sampled', async () => {
  const one = await tracedGateway()
  await one.call(`/notify/${one.simulator.merchant.mchid}`, {
    method: 'POST',
    body: '{}',
    headers: { traceparent: TRACEPARENT },
  })
  const [span] = named('POST /notify/{mchid}')
  expect(span!.parentSpanContext).toBeUndefined()
  expect(span!.spanContext().traceId).not.toBe(TRACE)
  expect(span!.links).toMatchObject([{ context: { traceId: TRACE, spanId: SPAN } }])
})

test.each(['/v3/x', '/admin/merchants', '/metrics', '/healthz'])(
  'a stranger who asks for %s neither joins a trace nor decides whether it is sampled',
  async path => {
    const authenticate = createAuthenticate([])
    const one = await createTestGateway({ tracing: createGatewayTracing(collector), authenticate })
    await one.call(path, { headers: { traceparent: TRACEPARENT } })
    await one.call(path, { headers: { traceparent: TRACEPARENT, authorization: 'Bearer wrong' } })
    const spans = collector.spans()
    expect(spans).toHaveLength(2)
    for (const span of spans) {
      expect(span.parentSpanContext).toBeUndefined()
      expect(span.spanContext().traceId).not.toBe(TRACE)
      expect(span.links).toMatchObject([{ context: { traceId: TRACE, spanId: SPAN } }])
    }
  },
)

test('a path that the gateway does not have, and a method that nobody has, add no name of their own', async () => {
  const one = await tracedGateway()
  await one.call('/openid/oUpF8uMuAJO_M2pxb1Q9zNjWeS6o')
  await one.call('/v3/x', { method: 'PURGE' })
  expect(collector.spans().map(({ name, attributes }) => [name, attributes['http.request.method']])).toEqual([
    ['GET', 'GET'],
    ['HTTP /v3/*', '_OTHER'],
  ])
})
