import { expect, test } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import { VERSION } from '../../../src/core/base/version.ts'
import { sha256 } from '../../../src/core/crypto/digest.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import { OTHER_PRIVATE_KEY } from '../../fixtures/keys.ts'
import { createTestGateway, killDelivery, payOrder, type TestGateway } from '../test-gateway.ts'

const operator = async () => {
  const tokens = [`sha256:${await sha256(utf8('wxe_operator'))}`]
  return createAuthenticate([{ name: 'operator', credential: { tokens }, allow: ['GET /healthz', 'GET /metrics'] }])
}
const shown = { headers: { authorization: 'Bearer wxe_operator' } }

test('health: whether all is well for anybody, what was looked at for the operator', async () => {
  const plain = await createTestGateway()
  const { certificate, mchid } = plain.simulator.merchant
  const one = await plain.restart({ authenticate: await operator(), certificates: { [mchid]: certificate } })
  const open = await one.call('/healthz')
  expect([open.status, await open.json()]).toEqual([200, { status: 'ok' }])
  const told = await (await one.call('/healthz?deep', shown)).json()
  expect(told).toMatchObject({
    status: 'ok',
    checks: expect.arrayContaining([
      expect.objectContaining({ merchant: mchid, check: 'certificate', status: 'ok', detail: expect.any(String) }),
      expect.objectContaining({ merchant: mchid, check: 'signed_call', status: 'ok', detail: expect.any(String) }),
      {
        merchant: mchid,
        check: 'endpoints',
        status: 'ok',
        detail: 'TRANSACTION.SUCCESS goes to shop.',
        code: 'endpoint_subscribed',
        values: { endpoint: 'shop' },
      },
    ]),
  })
  expect((await one.call('/healthz', { headers: { authorization: 'Bearer wxe_another' } })).status).toBe(401)
})

test.each([
  ['shop, with a misspelt event', ['TRANSACTION.SUCCES'], 'Correct "events" of shop in GATEWAY_CONFIG.'],
  ['none', undefined, 'Set WEBHOOK_URL.'],
])('health says why no endpoint gets payments: endpoints: %s', async (_, events, fix) => {
  const endpoints = events ? [{ name: 'shop', url: 'https://shop.example.com/', events, secrets: ['whsec_AAAA'] }] : []
  const one = await (await createTestGateway()).restart({ authenticate: await operator(), endpoints })
  const { checks } = await (await one.call('/healthz', shown)).json()
  const { status, detail } = checks.find(({ check }: { check: string }) => check === 'endpoints')
  expect([status, detail]).toEqual(['warn', expect.stringContaining(fix)])
})

const deadLetter = async (one: TestGateway) => {
  const { ledger, simulator } = one
  const { mchid } = simulator.merchant
  await ledger.recordEvent({
    mchid,
    api: 'v3',
    id: 'E',
    event: 'TRANSACTION.SUCCESS',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: 0,
    nonce: null,
    endpoints: ['shop'],
  })
  await killDelivery(one, { mchid, delivery: 1 })
}

test('health: a key that is not its certificate’s fails, and dead letters warn the operator, and nobody else', async () => {
  const plain = await createTestGateway()
  const { merchant } = plain.simulator
  const wrong = new Wechatpay({ ...merchant, privateKey: OTHER_PRIVATE_KEY })
  const failing = await plain.restart({ merchants: { [merchant.mchid]: wrong } })
  expect((await failing.call('/healthz')).status).toBe(503)
  const one = await plain.restart({ authenticate: await operator() })
  await deadLetter(one)
  expect(await (await one.call('/healthz', shown)).json()).toMatchObject({ status: 'warn' })
  expect(await (await one.call('/healthz')).json()).toEqual({ status: 'ok' })
})

test('health: deliveries that are due and that nobody attempts warn the operator, until somebody does', async () => {
  const one = await (await createTestGateway()).restart({ authenticate: await operator() })
  const outboxes = async () => {
    const { checks } = (await (await one.call('/healthz', shown)).json()) as { checks: { check: string }[] }
    return checks.filter(({ check }) => check === 'outbox')
  }
  await one.ledger.recordEvent({
    mchid: one.simulator.merchant.mchid,
    api: 'v3',
    id: 'E',
    event: 'TRANSACTION.SUCCESS',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: 0,
    nonce: null,
    endpoints: ['shop'],
  })
  one.clock.now += 4 * 60_000
  expect(await outboxes()).toEqual([])
  one.clock.now += 2 * 60_000
  expect(await outboxes()).toEqual([
    expect.objectContaining({ status: 'warn', detail: expect.stringMatching(/to shop.*\[\[queues\.consumers\]\]/) }),
  ])
  one.shop.answer = () => new Response(null, { status: 400 })
  await one.gateway.deliver({ mchid: one.simulator.merchant.mchid, delivery: 1 })
  expect(one.shop.received).toHaveLength(1)
  expect(await outboxes()).toEqual([])
})

test('health: warnings of the configuration are shown where they affect health', async () => {
  const warnings = [
    { option: 'GATEWAY_CONFIG.callers', message: 'unusual' },
    { option: 'NOTIFY_RATE_LIMIT', message: 'missing', affectsHealth: true },
  ]
  const one = await (await createTestGateway()).restart({ authenticate: await operator(), warnings })
  const { status, checks } = (await (await one.call('/healthz', shown)).json()) as { status: string; checks: object[] }
  expect(status).toBe('warn')
  const warned = checks.filter(check => 'status' in check && check.status === 'warn')
  expect(warned).toEqual([expect.objectContaining({ check: 'configuration', detail: 'NOTIFY_RATE_LIMIT: missing.' })])
  expect(await (await one.call('/healthz')).json()).toEqual({ status: 'warn' })
})

/** Notes each statement that reaches the database. */
async function watched(): Promise<{ one: TestGateway; statements: string[] }> {
  const statements: string[] = []
  const one = await createTestGateway({}, {}, database => ({
    ...database,
    run(statement, ...values) {
      statements.push(statement)
      return database.run(statement, ...values)
    },
  }))
  statements.length = 0
  return { one, statements }
}

test('health: however often strangers ask, the ledger is written to once in five seconds, and never counted', async () => {
  const { one, statements } = await watched()
  await Promise.all(Array.from({ length: 5 }, () => one.call('/healthz')))
  statements.length = 0
  for (let turn = 0; turn < 200; turn++) await one.call('/healthz')
  expect(statements).toEqual([])
  one.clock.now += 5_000
  await one.call('/healthz')
  expect(statements.filter(text => text.includes('write_probe'))).toHaveLength(1)
  expect(statements.filter(text => /delivery|event|watch/.test(text))).toEqual([])
  one.clock.now -= 3_600_000
  statements.length = 0
  await one.call('/healthz')
  expect(statements.filter(text => text.includes('write_probe'))).toHaveLength(1)
})

test('health: a ledger that cannot be written to fails for everybody; the operator learns why', async () => {
  let isFull = false
  const plain = await createTestGateway({}, {}, database => ({
    ...database,
    run(statement, ...values) {
      if (isFull && statement.includes('write_probe')) throw new Error('database or disk is full')
      return database.run(statement, ...values)
    },
  }))
  const one = await plain.restart({ authenticate: await operator() })
  expect((await one.call('/healthz')).status).toBe(200)
  isFull = true
  one.clock.now += 5_000
  const open = await one.call('/healthz')
  expect([open.status, await open.json()]).toEqual([503, { status: 'fail' }])
  const told = await (await one.call('/healthz', shown)).json()
  expect(told.checks).toContainEqual(
    expect.objectContaining({
      merchant: one.simulator.merchant.mchid,
      check: 'ledger_write',
      status: 'fail',
      detail: expect.stringContaining('(database or disk is full)'),
    }),
  )
  expect(one.logged.join()).toContain('ledger not writable')
  isFull = false
  one.clock.now += 5_000
  expect((await one.call('/healthz')).status).toBe(200)
})

test('health, metrics and the operator’s list show an endpoint that is left alone', async () => {
  const plain = await createTestGateway()
  plain.shop.answer = () => {
    plain.clock.now += 2_000
    return Promise.reject(new TypeError('fetch failed'))
  }
  const { mchid } = plain.simulator.merchant
  for (let turn = 0; turn < 5; turn++) await payOrder(plain, `T10000${turn}`)
  await plain.drain()
  const one = await plain.restart({ authenticate: await operator() })
  // A process that begins lets an endpoint be probed at once.
  const health = await (await one.call('/healthz', shown)).json()
  expect(health).toMatchObject({ status: 'warn' })
  expect(health.checks).toContainEqual(
    expect.objectContaining({
      merchant: mchid,
      check: 'circuit',
      status: 'warn',
      detail: expect.stringMatching(
        /^The circuit of shop has been open since 20.*, after 5 failures in a row\. .*the next probe is due now\.$/,
      ),
    }),
  )
  const lines = (await (await one.call('/metrics', shown)).text()).split('\n')
  expect(lines).toContain(`wechatpay_edge_circuit_open{mchid="${mchid}",endpoint="shop"} 1`)
  expect(await (await plain.call('/admin/merchants')).json()).toMatchObject({
    merchants: [{ circuits: [{ endpoint: 'shop', failures: 5 }] }],
  })
  await expect((await one.call('/healthz')).json()).resolves.toEqual({ status: 'ok' })
})

test('metrics: what was counted and what lies where, for who may', async () => {
  const plain = await createTestGateway()
  await payOrder(plain, 'T100001')
  await plain.drain()
  await plain.call('/notify/1', { method: 'POST' })
  await plain.gateway.flushCounts()
  const one = await plain.restart({ authenticate: await operator() })
  expect((await one.call('/metrics')).status).toBe(401)
  const response = await one.call('/metrics', shown)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  const { mchid } = one.simulator.merchant
  for (const line of [
    `wechatpay_edge_calls_total{api="v3",caller="shop",mchid="${mchid}",outcome="OK"} 1`,
    `wechatpay_edge_notifications_total{mchid="${mchid}",outcome="recorded"} 1`,
    'wechatpay_edge_deliveries_total{endpoint="shop",outcome="delivered"} 1',
    'wechatpay_edge_refused_total{code="MERCHANT_UNKNOWN"} 1',
    `wechatpay_edge_deliveries_pending{mchid="${mchid}"} 0`,
    // Nothing is wrong, and says so: without a series an alarm tells nothing.
    `wechatpay_edge_circuit_open{mchid="${mchid}",endpoint="shop"} 0`,
    `wechatpay_edge_in_doubt{mchid="${mchid}",kind="v3-order"} 0`,
    `wechatpay_edge_in_doubt{mchid="${mchid}",kind="v2-refund"} 0`,
    'wechatpay_edge_call_duration_seconds_count{api="v3"} 1',
  ])
    expect(text.split('\n')).toContain(line)
})

test('metrics: the version of the program, and what the runtime measures of its process', async () => {
  const plain = await createTestGateway()
  const one = await plain.restart({
    authenticate: await operator(),
    processMetrics: () => [{ name: 'process_resident_memory_bytes', value: 123_456 }],
  })
  const lines = (await (await one.call('/metrics', shown)).text()).split('\n')
  expect(lines).toContain(`wechatpay_edge_build_info{version="${VERSION}"} 1`)
  expect(lines).toContain('# TYPE process_resident_memory_bytes gauge')
  expect(lines).toContain('process_resident_memory_bytes 123456')
  expect(lines.join()).not.toContain('process_start_time_seconds')
})
