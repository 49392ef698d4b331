import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import worker, { type Env } from '../../worker/index.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { json, realEnvironment, SECRET, serve, shop, TOKENS, unconfigured } from './real.ts'

/** Requests of an attacker who finds a Worker that simulates in place of a shop. */
const ATTACKS: readonly [path: string, init?: RequestInit][] = [
  ['/simulator'],
  ['/simulator/journal'],
  ['/simulator/pay', json({ out_trade_no: '1' })],
  [
    '/simulator/notifications',
    json({ url: 'https://gateway.example/notify/1900000109', event: 'TRANSACTION.SUCCESS' }),
  ],
  ['/admin/merchants'],
  ['/admin/merchants/1900000109/events'],
  ['/admin/sweep', { method: 'POST' }],
  ['/checkout/native', json({ out_trade_no: '1' })],
  ['/v3/certificates'],
  ['/v2/pay/orderquery', json({ out_trade_no: '1' })],
  ['/notify/1900000109', json({})],
  ['/healthz'],
]

/** All attacks are answered by one problem, which names what is to be set. */
async function expectNotConfigured(given: Env, ...named: string[]): Promise<void> {
  for (const origin of ['https://gateway.example', 'http://127.0.0.1:8787'])
    for (const [path, init] of ATTACKS) {
      const response = await serve(path, given, init, origin)
      const { status, code, detail } = (await response.json()) as { status: number; code: string; detail: string }
      expect([path, response.status, status, code]).toEqual([
        path,
        500,
        500,
        expect.stringMatching(/^OPTION_(?:MISSING|INVALID)$/),
      ])
      for (const name of named) expect(detail).toContain(name)
      expect(detail).not.toContain(SECRET)
    }
}

describe('a Worker that is not configured simulates nothing', () => {
  test('no configured secret signs a simulated event', async () => {
    await shop.forget()
    const webhook = { WEBHOOK_URL: shop.url, WEBHOOK_SECRET: SECRET, WEBHOOK_ALLOW_PRIVATE: 'true' }
    for (const given of [unconfigured(webhook), unconfigured({ ...webhook, SIMULATE: 'true' })]) {
      const demand = {
        url: 'http://127.0.0.1/notify/1900000109',
        event: 'TRANSACTION.SUCCESS',
        resource: { out_trade_no: 'forged-1' },
      }
      await serve('/simulator/notifications', given, json(demand), 'http://127.0.0.1')
      await worker.scheduled({}, given)
    }
    // The queue of the tests carries within a second.
    await new Promise(resolve => setTimeout(resolve, 3_000))
    expect((await shop.received()).filter(({ text }) => text.includes('forged-1'))).toEqual([])
  })

  test('nothing is set: it names what is missing', async () => {
    await expectNotConfigured(unconfigured(), 'WECHATPAY_MCHID', 'GATEWAY_TOKEN')
  })

  test.each<[string, Record<string, unknown>]>([
    ['a webhook and its secret', { WEBHOOK_URL: 'https://shop.example.com/', WEBHOOK_SECRET: SECRET }],
    ['its public address', { PUBLIC_URL: 'https://pay.example.com' }],
    ['a configuration as an object', { GATEWAY_CONFIG: { callers: [] } }],
    ['tokens', TOKENS],
    ['the binding of a client certificate', { WECHATPAY_MTLS: { fetch } }],
    ['a log level', { GATEWAY_LOG: 'warn' }],
    ['a wish not to simulate', { SIMULATE: 'false' }],
    ['an empty wish', { SIMULATE: '' }],
  ])('only %s is set', async (_, more) => {
    await expectNotConfigured(unconfigured(more), 'WECHATPAY_MCHID')
  })
})

describe('a Worker that is to simulate refuses beside what is real', () => {
  test.each<[string, unknown]>([
    ['WECHATPAY_MCHID', '1900000109'],
    ['WECHATPAY_MTLS', { fetch }],
    ['WECHATPAY_1900000109_PRIVATE_KEY', 'x'],
    ['GATEWAY_TOKEN', 'x'],
    ['GATEWAY_CONFIG', { callers: [] }],
    ['WEBHOOK_URL', 'https://shop.example.com/'],
    ['WEBHOOK_SECRET', SECRET],
    ['WEBHOOK_SECRET_ORDERS', SECRET],
    ['PUBLIC_URL', 'https://pay.example.com'],
  ])('%s', async (name, value) => {
    await expectNotConfigured(
      unconfigured({ SIMULATE: 'true', [name]: value }),
      name.replace(/\d+/, '{mchid}'),
      'SIMULATE',
    )
  })

  test.each(['yes', '1', 'TRUE', 'true;'])('a wish that is not "true" but %j', async wish => {
    await expectNotConfigured(unconfigured({ SIMULATE: wish }), 'SIMULATE')
  })

  test('a whole shop', async () => {
    const simulator = await createSimulator({ mchid: '1900000335' })
    await expectNotConfigured(realEnvironment(simulator, { SIMULATE: 'true' }), 'SIMULATE', 'WECHATPAY_PRIVATE_KEY')
  })
})

describe('the simulation asks nobody for a token, and is served at local addresses only', () => {
  const demo = unconfigured({ SIMULATE: 'true' })

  test.each([
    'https://wechatpay-edge.shop.workers.dev',
    'https://pay.example.com',
    // A page that rebinds its own name to 127.0.0.1 is of one origin with it.
    'http://rebind.attacker.com:8787',
    'http://localhost.attacker.com',
    'http://127.0.0.1.nip.io',
  ])('not at %s', async origin => {
    for (const [path, init] of ATTACKS) {
      const response = await serve(path, demo, init, origin)
      expect([path, response.status, await response.json()]).toEqual([
        path,
        403,
        expect.objectContaining({ code: 'FORBIDDEN', detail: expect.stringContaining('127.0.0.1') }),
      ])
    }
  })

  test.each(['http://127.0.0.1:8787', 'http://localhost:8787', 'http://[::1]:8787', 'http://192.168.1.5:8787'])(
    'but at %s',
    async origin => {
      expect((await serve('/simulator', demo, undefined, origin)).status).toBe(200)
    },
  )

  test('with the views of the simulator and of the gateway in its console', async () => {
    const read = async (path: string): Promise<unknown> =>
      (await serve(path, demo, undefined, 'http://127.0.0.1:8787')).json()
    expect(await read('/console/origin.json')).toEqual({ serves: ['simulator', 'gateway'] })
    expect(await read('/admin/session')).toEqual({ caller: 'demo', expiresAt: null, csrf: null })
  })
})

describe('deliveries under way', () => {
  let simulator: Simulator
  let given: Env
  beforeAll(async () => {
    await shop.forget()
    simulator = await createSimulator({
      mchid: '1900000334',
      deliver: async (input, init) => worker.fetch(new Request(input, init), given, createExecutionContext()),
    })
    // No delivery is brought by the queue of the tests, which has the simulation's environment.
    given = realEnvironment(simulator, { DELIVERIES: { sendBatch: async () => {} } })
    const resource = { out_trade_no: 'waiting-1', transaction_id: '4200000000000000334', trade_state: 'SUCCESS' }
    const url = 'https://gateway.example/notify/1900000334'
    await simulator.notify.send({ url, event: 'TRANSACTION.SUCCESS', resource })
  })

  const ledger = () => ledgerOf(env.LEDGER)('1900000334')
  const bring = async (queue: string, to: Env) => {
    const [delivery] = await ledger().deliveries('1900000334', { limit: 1 })
    const body = { mchid: '1900000334', delivery: delivery!.id }
    const batch = createMessageBatch(queue, [{ id: '1', timestamp: new Date(), attempts: 1, body }])
    await worker.queue(batch, to, createExecutionContext())
    return getQueueResult(batch, createExecutionContext())
  }

  test.each<[string, () => Env]>([
    ['that lost its secrets', () => unconfigured()],
    ['with one misspelt', () => ({ ...given, WECHATPAY_MCHID: undefined, WECHATPAY_MCH_ID: '1900000334' }) as Env],
    ['that is to simulate beside them', () => ({ ...given, SIMULATE: 'true' })],
    ['that simulates', () => unconfigured({ SIMULATE: 'true' })],
  ])('are brought again later by a Worker %s, and count no attempt', async (_, to) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const { explicitAcks, retryMessages } = await bring('wechatpay-edge-deliveries', to())
    expect([explicitAcks, retryMessages]).toEqual([[], [{ msgId: '1' }]])
    // The queue has given this message up; the delivery stays.
    expect(await bring('wechatpay-edge-dead', to())).toMatchObject({ explicitAcks: ['1'], retryMessages: [] })
    await worker.scheduled({}, to())
    const lines = log.mock.calls.flat().join('\n')
    log.mockRestore()
    expect(lines).not.toContain(SECRET)
    expect(await ledger().deliveries('1900000334', { limit: 5 })).toMatchObject([{ state: 'pending', tries: 0 }])
    expect(await shop.received()).toEqual([])
  })

  test('are brought again so late that a hundred tries last for a day', async () => {
    const retry = vi.fn()
    const message = { body: { mchid: '1900000334', delivery: 1 } as never, ack: () => {}, retry }
    for (const to of [unconfigured(), unconfigured({ SIMULATE: 'true' })])
      await worker.queue({ queue: 'wechatpay-edge-deliveries', messages: [message] }, to, createExecutionContext())
    expect(retry.mock.calls).toEqual([[{ delaySeconds: 900 }], [{ delaySeconds: 900 }]])
  })

  test('what is missing stands in the log', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await worker.scheduled({}, unconfigured())
    const [line] = log.mock.calls.flat()
    log.mockRestore()
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      event: 'not configured',
      code: 'OPTION_MISSING',
      detail: expect.stringContaining('WECHATPAY_MCHID'),
    })
  })

  test('are delivered once the configuration is back, under the real secret', async () => {
    expect(await bring('wechatpay-edge-deliveries', given)).toMatchObject({ explicitAcks: ['1'], retryMessages: [] })
    expect(await ledger().deliveries('1900000334', { limit: 5 })).toMatchObject([{ state: 'delivered', tries: 1 }])
    const [came] = await shop.received()
    expect(JSON.parse(came!.text)).toMatchObject({ data: { resource: { out_trade_no: 'waiting-1' } } })
  })
})
