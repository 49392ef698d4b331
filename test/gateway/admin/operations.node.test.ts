/** The operator's pages about the gateway as a whole. */
import { beforeEach, describe, expect, test } from 'vitest'
import { readConsoleFile } from '../../../src/gateway/index.ts'
import { quantileOf, throughputOf } from '../../../src/gateway/metrics/throughput.ts'
import { CALLER, createTestGateway, killDelivery, payOrder, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
beforeEach(async () => {
  one = await createTestGateway({ console: readConsoleFile })
})
// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
const get = async (path: string): Promise<{ status: number; headers: Headers; body: any }> => {
  const response = await one.call(path)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

describe('throughput', () => {
  test('has what happened in each minute, from the samples of the sweeps and up to now', async () => {
    await one.gateway.sweep()
    one.clock.now += 60_000
    for (const number of ['T100001', 'T100002']) await payOrder(one, number)
    await one.gateway.sweep()
    one.clock.now += 120_000
    await payOrder(one, 'T100003')
    const { points } = (await get('/admin/throughput')).body
    expect(points).toMatchObject([
      { calls: { ok: 2, failed: 0 }, notifications: { recorded: 2, repeated: 0, refused: 0 }, pending: 2 },
      { calls: { ok: 0.5 }, notifications: { recorded: 0.5 }, pending: 3, dead: 0 },
    ])
    expect(points[1].at).toBe(one.clock.now)
    expect(points[1].oldestPendingSeconds).toBe(120)
    expect(points[0].callSeconds.p95).toBeLessThanOrEqual(30)
  })

  test('counts deliveries by their outcome', async () => {
    await one.gateway.sweep()
    one.clock.now += 60_000
    one.shop.answer = received => new Response(null, { status: received === 1 ? 204 : 500 })
    for (const number of ['T100001', 'T100002']) await payOrder(one, number)
    for (const job of one.jobs.splice(0)) await one.gateway.deliver(job)
    const [point] = (await get('/admin/throughput')).body.points
    expect(point.deliveries).toEqual({ delivered: 1, failed: 1, dead: 0 })
  })

  test('keeps a day, and gives the hours that are asked for', async () => {
    for (let hour = 0; hour < 26; hour++) {
      await one.gateway.sweep()
      one.clock.now += 3_600_000
    }
    expect((await get('/admin/throughput?hours=2')).body.points).toHaveLength(2)
    expect((await get('/admin/throughput?hours=24')).body.points.length).toBeLessThanOrEqual(24)
    for (const hours of ['0', '25', '-1', '1.5', 'x'])
      expect((await get(`/admin/throughput?hours=${hours}`)).status).toBe(400)
  })

  test('of a gateway whose ledgers purge themselves is sampled while somebody looks', async () => {
    one = await createTestGateway({ ledgersPurge: true })
    await one.gateway.sweep()
    expect((await get('/admin/throughput')).body.points).toEqual([])
    one.clock.now += 60_000
    await payOrder(one, 'T100001')
    expect((await get('/admin/throughput')).body.points).toMatchObject([{ calls: { ok: 1 } }])
  })

  test('does not fall below zero when a ledger was replaced, and has no rate without time', () => {
    const sample = (at: number, ok: number) => ({ at, totals: { 'calls.ok': ok } })
    expect(throughputOf([sample(0, 9), sample(60_000, 1), sample(60_000, 5)])).toMatchObject([{ calls: { ok: 0 } }])
  })

  test.each([
    // The values of histogram_quantile in Prometheus for the same buckets.
    [[{ bound: 0.1, count: 10 }], 0.5, 0.05],
    [
      [
        { bound: 0.1, count: 0 },
        { bound: 0.25, count: 10 },
      ],
      0.5,
      0.175,
    ],
    [
      [
        { bound: 0.1, count: 5 },
        { bound: 0.25, count: 5 },
      ],
      0.95,
      0.235,
    ],
    [
      [
        { bound: 0.1, count: 1 },
        { bound: Number.POSITIVE_INFINITY, count: 9 },
      ],
      0.95,
      0.1,
    ],
  ])('estimates quantiles as Prometheus does: %j', (buckets, quantile, expected) => {
    expect(quantileOf(buckets, quantile)).toBeCloseTo(expected, 10)
  })
})

test('health has all checks, also with a call to WeChat Pay', async () => {
  const { body } = await get('/admin/health')
  expect(body.status).toBe('ok')
  expect(body.checks.map(({ check }: { check: string }) => check)).toContain('sweep')
  expect(body.checks.map(({ check }: { check: string }) => check)).not.toContain('signed_call')
  const deep = (await get('/admin/health?deep=true')).body
  expect(deep.checks).toContainEqual(expect.objectContaining({ check: 'signed_call', status: 'ok' }))
  expect((await get('/admin/health?deep=1')).status).toBe(400)
})

test('callers are shown without anything of their credentials', async () => {
  const tokens = [`sha256:${'a'.repeat(64)}`]
  one = await createTestGateway({
    callers: [CALLER, { ...CALLER, name: 'reader', credential: { tokens }, merchants: ['1900000109'], maxAmount: 5 }],
  })
  const { body } = await get('/admin/callers')
  expect(body.callers[1]).toEqual({
    name: 'reader',
    credential: 'token',
    tokens: 1,
    merchants: ['1900000109'],
    allow: ['* /**'],
    maxAmount: 5,
    rate: null,
  })
  expect(JSON.stringify(body)).not.toContain('sha256')
})

test('the sweep says when it last ended', async () => {
  expect((await get('/admin/sweep')).body).toEqual({ last: null })
  await one.gateway.sweep()
  expect((await get('/admin/sweep')).body).toEqual({ last: one.clock.now })
})

test('the message of an event is what its endpoints get, to the byte', async () => {
  await payOrder(one, 'T100001')
  await one.drain()
  const { mchid } = one.simulator.merchant
  const { events } = (await get(`/admin/merchants/${mchid}/events`)).body
  const response = await one.call(`/admin/merchants/${mchid}/events/${events[0].seq}/message`)
  expect(await response.text()).toBe(one.shop.received[0]!.text)
  expect((await get(`/admin/merchants/${mchid}/events/99/message`)).status).toBe(404)
})

test('what an operator does is in the audit trail of the caller', async () => {
  await payOrder(one, 'T100001')
  const [job] = one.jobs.splice(0)
  await killDelivery(one, job!)
  const { mchid } = one.simulator.merchant
  const path = `/admin/merchants/${mchid}/deliveries/${job!.delivery}/replay`
  expect((await one.call(path, { method: 'POST' })).status).toBe(202)
  const { calls } = (await get('/admin/callers/shop/calls?limit=1')).body
  expect(calls).toMatchObject([
    { caller: 'shop', method: 'POST', path, mchid, status: 202, in_doubt: false, numbers: {} },
  ])
})

test('nothing under /admin is kept by a browser, or taken for anything but JSON', async () => {
  for (const path of ['/admin/merchants', '/admin/merchants/0/events', '/admin/nothing', '/admin/session']) {
    const { headers } = await get(path)
    expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff'])
  }
})

describe('the console', () => {
  test('is served with a policy that allows its own files alone, in no frame', async () => {
    const page = await one.call('/console/')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('x-frame-options')).toBe('DENY')
    const policy = page.headers.get('content-security-policy')!
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"])
      expect(policy.split('; ')).toContain(part)
    expect((await get('/console/origin.json')).body).toEqual({ serves: ['gateway'] })
    expect((await one.call('/console')).headers.get('location')).toBe('/console/')
  })

  test.each([
    ['GET', '/console/nothing.js', 404],
    ['GET', '/console/__proto__', 404],
    ['POST', '/console/', 405],
    ['GET', '/console/%2e%2e/package.json', 404],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await one.call(path, { method })).status).toBe(status)
  })

  test('does not exist where its files are not given', async () => {
    one = await createTestGateway()
    expect((await one.call('/console/')).status).toBe(404)
  })
})
