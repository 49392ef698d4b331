import { expect, test, vi } from 'vitest'
import { consume } from '../../worker/outbox.ts'
import { createTestGateway, payOrder } from '../gateway/test-gateway.ts'

// The queue's consumer before a real gateway and ledger; Cloudflare's part, the batch and its context, is played by the test.

const ENDPOINT = { events: ['*'], secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }

async function createTestConsumer() {
  const end: ((status: number) => void)[] = []
  const one = await createTestGateway({
    endpoints: ['hanging', 'shop'].map(name => ({ ...ENDPOINT, name, url: `https://${name}.example.com/` })),
    fetchOf:
      ({ name }) =>
      async () => {
        const status = name === 'hanging' ? await new Promise<number>(resolve => end.push(resolve)) : 204
        return new Response(null, { status })
      },
  })
  for (const number of ['T100001', 'T100002', 'T100003']) await payOrder(one, number)
  const messages = one.jobs.splice(0).map(body => ({ body, ack: vi.fn(), retry: vi.fn() }))
  const background: Promise<unknown>[] = []
  const context = { waitUntil: (work: Promise<unknown>) => void background.push(work) }
  const requeued: [number, number][] = []
  const requeue = async ({ delivery }: { delivery: number }, seconds: number) => void requeued.push([delivery, seconds])
  const bring = () => consume({ queue: 'wechatpay-edge-deliveries', messages }, one.gateway, context, requeue)
  const states = async () => {
    const rows = await one.ledger.deliveries(one.simulator.merchant.mchid, { limit: 10 })
    return (name: string) => rows.filter(({ endpoint }) => endpoint === name)
  }
  const answerAll = (status: number) => {
    for (const resolve of end.splice(0)) resolve(status)
  }
  const answer = () => answerAll(204)
  const fail = () => answerAll(500)
  return { one, messages, background, requeued, bring, states, answer, fail }
}

test('consume returns in a moment though an endpoint hangs, and the deliveries go on in the background', async () => {
  const { messages, background, requeued, bring, states, answer } = await createTestConsumer()
  const start = performance.now()
  await bring()
  expect(performance.now() - start).toBeLessThan(4_000)
  const of = await states()
  expect(of('shop').map(({ state }) => state)).toEqual(Array(3).fill('delivered'))
  expect(of('hanging').map(({ state }) => state)).toEqual(Array(3).fill('pending'))
  expect(messages.map(({ ack, retry }) => [ack.mock.calls.length, retry.mock.calls.length])).toEqual(
    Array(6).fill([1, 0]),
  )
  expect(background).toHaveLength(3)
  answer()
  await Promise.all(background)
  expect((await states())('hanging').map(({ state, tries }) => [state, tries])).toEqual(Array(3).fill(['delivered', 1]))
  expect(requeued).toEqual([])
})

test('a delivery that fails in the background is enqueued for the time at which the ledger has it due', async () => {
  const { background, requeued, bring, states, fail } = await createTestConsumer()
  await bring()
  fail()
  await Promise.all(background)
  const rows = (await states())('hanging')
  expect(rows.map(({ state, tries }) => [state, tries])).toEqual(Array(3).fill(['pending', 1]))
  expect(requeued.map(([delivery]) => delivery).sort()).toEqual(rows.map(({ id }) => id).sort())
  for (const [, seconds] of requeued) expect(seconds).toBeLessThanOrEqual(6)
})

test('what was counted is written though a failed delivery cannot be enqueued again', async () => {
  const { one, messages, background, fail } = await createTestConsumer()
  const flushCounts = vi.fn(one.gateway.flushCounts)
  const context = { waitUntil: (work: Promise<unknown>) => void background.push(work.catch(() => {})) }
  await consume({ queue: 'wechatpay-edge-deliveries', messages }, { ...one.gateway, flushCounts }, context, () =>
    Promise.reject(new Error('Queue sendBatch failed')),
  )
  const before = flushCounts.mock.calls.length
  fail()
  await Promise.all(background)
  expect(flushCounts.mock.calls.length - before).toBe(3)
})

test.each([450, 800, 1_200])(
  'a batch of 20 to a healthy endpoint that answers in %d ms needs no second try',
  async ms => {
    const one = await createTestGateway({
      endpoints: [{ ...ENDPOINT, name: 'slow', url: 'https://slow.example.com/' }],
      fetchOf: () => async () => {
        await new Promise(resolve => setTimeout(resolve, ms))
        return new Response(null, { status: 204 })
      },
    })
    for (let at = 10; at < 30; at++) await payOrder(one, `T1000${at}`)
    const messages = one.jobs.splice(0).map(body => ({ body, ack: vi.fn(), retry: vi.fn() }))
    await consume({ queue: 'wechatpay-edge-deliveries', messages }, one.gateway, { waitUntil() {} }, async () => {})
    expect(messages.map(({ ack, retry }) => [ack.mock.calls.length, retry.mock.calls.length])).toEqual(
      Array(20).fill([1, 0]),
    )
  },
)
