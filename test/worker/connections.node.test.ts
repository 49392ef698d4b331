import { afterEach, expect, test, vi } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { consume } from '../../worker/outbox.ts'
import { createTestGateway, json, nativeOrder, payOrder, type TestGateway } from '../gateway/test-gateway.ts'
import { sixSlots } from './six-slots.ts'

// Batches and sweeps as Cloudflare runs them: each invocation has six connections.

const ENDPOINT = { events: ['*'], secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }
const hangs: typeof fetch = (_, init) =>
  new Promise((__, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)))
const answers: typeof fetch = async () => new Response(null, { status: 204 })
const invocation: { fetch: typeof fetch } = { fetch: answers }
const background: Promise<unknown>[] = []

afterEach(() => Promise.allSettled(background.splice(0)))

async function invoke(one: TestGateway): Promise<{ mostWaiting: () => number; bring: () => Promise<void> }> {
  const slots = sixSlots((input, init) => (String(input).includes('hanging') ? hangs : answers)(input, init))
  invocation.fetch = slots.fetch
  const messages = one.jobs.splice(0, 20).map(body => ({
    body,
    ack: vi.fn(),
    // A message that is retried at once is in the next batch.
    retry: vi.fn(({ delaySeconds }: { delaySeconds: number }) => {
      if (delaySeconds < 5) one.jobs.push(body)
    }),
  }))
  const context = { waitUntil: (work: Promise<unknown>) => void background.push(work) }
  const bring = () =>
    consume(
      { queue: 'wechatpay-edge-deliveries', messages },
      one.gateway,
      context,
      async body => void one.jobs.push(body),
    )
  return { mostWaiting: slots.mostWaiting, bring }
}

test('beside an endpoint that hangs, no delivery to a healthy one times out unsent, and none waits for a connection', async () => {
  const one = await createTestGateway({
    endpoints: ['hanging', 'healthy'].map(name => ({ ...ENDPOINT, name, url: `https://${name}.example.com/` })),
    fetchOf: () => (input, init) => invocation.fetch(input, init),
  })
  for (let at = 0; at < 10; at++) await payOrder(one, `T10000${at}`)
  expect(one.jobs).toHaveLength(20)
  // The worst order: whatever hangs goes first.
  const rows = await one.ledger.deliveries(one.simulator.merchant.mchid, { limit: 100 })
  const endpointOf = (id: number) => rows.find(row => row.id === id)!.endpoint
  one.jobs.sort((a, b) => endpointOf(a.delivery).localeCompare(endpointOf(b.delivery)))
  for (let batch = 0; batch < 6 && one.jobs.length > 0; batch++) {
    const { bring, mostWaiting } = await invoke(one)
    await bring()
    expect(mostWaiting()).toBe(0)
  }
  await Promise.all(background)
  const { mchid } = one.simulator.merchant
  const ended = await one.ledger.deliveries(mchid, { limit: 100 })
  const healthy = ended.filter(({ endpoint }) => endpoint === 'healthy')
  expect(healthy.map(({ state, tries }) => [state, tries])).toEqual(Array(10).fill(['delivered', 1]))
})

test('a sweep asks for no more orders at once than an invocation has connections', async () => {
  let underWay = 0
  let most = 0
  // The first one waits for another, which a sweep that asks for one order at a time never sends.
  let beSecond = () => {}
  const isSecond = new Promise<void>(resolve => {
    beSecond = resolve
  })
  const one = await createTestGateway()
  const { merchant } = one.simulator
  const slow: typeof fetch = async (input, init) => {
    most = Math.max(most, ++underWay)
    if (underWay > 1) beSecond()
    if (new Request(input, init).method === 'GET') await isSecond
    await new Promise(resolve => setTimeout(resolve, 5))
    return one.simulator.fetch(input, init).finally(() => underWay--)
  }
  const swept = await one.restart({ merchants: { [merchant.mchid]: new Wechatpay({ ...merchant, fetch: slow }) } })
  for (let at = 0; at < 20; at++)
    await swept.call('/v3/pay/transactions/native', json(nativeOrder(swept, `T20000${String(at).padStart(2, '0')}`)))
  swept.clock.now += 6 * 60_000
  expect(await swept.gateway.sweep()).toMatchObject({ queried: 20 })
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThan(6)
})
