import { expect, onTestFinished, test, vi } from 'vitest'
import { CONCURRENCY } from '../../src/gateway/concurrency.ts'
import { consume, type Requeue } from '../../worker/outbox.ts'
import { eventually } from '../eventually.ts'
import { createTestGateway, payOrder } from '../gateway/test-gateway.ts'

// The queue's consumer before a real gateway and ledger; Cloudflare's part, the batch and its context, is played by the test.

const ENDPOINT = { events: ['*'], secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }

/** Has no time pass for timers but what the test says. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

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
  /** Carries the batch out. Two seconds pass once only the deliveries to the endpoint that hangs are left. */
  const bring = async (gateway = one.gateway, requeueJob: Requeue = requeue) => {
    holdTime()
    const carriedOut = consume({ queue: 'wechatpay-edge-deliveries', messages }, gateway, context, requeueJob)
    const acknowledged = () => messages.filter(({ ack }) => ack.mock.calls.length > 0)
    await eventually(() => expect([end.length, acknowledged().length]).toEqual([3, 3]))
    await vi.advanceTimersByTimeAsync(2_000)
    await carriedOut
  }
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

test('consume returns within two seconds though an endpoint hangs, and the deliveries go on in the background', async () => {
  const { messages, background, requeued, bring, states, answer } = await createTestConsumer()
  await bring()
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
  const { one, background, bring, fail } = await createTestConsumer()
  const flushCounts = vi.fn(one.gateway.flushCounts)
  await bring({ ...one.gateway, flushCounts }, () => Promise.reject(new Error('Queue sendBatch failed')))
  const before = flushCounts.mock.calls.length
  fail()
  await Promise.allSettled(background)
  expect(flushCounts.mock.calls.length - before).toBe(3)
})

test.each([450, 800, 1_200])(
  'a batch of 20 to a healthy endpoint that answers in %d ms needs no second try',
  async ms => {
    const answers: (() => void)[] = []
    const one = await createTestGateway({
      endpoints: [{ ...ENDPOINT, name: 'slow', url: 'https://slow.example.com/' }],
      fetchOf: () => () => new Promise(resolve => answers.push(() => resolve(new Response(null, { status: 204 })))),
    })
    for (let at = 10; at < 30; at++) await payOrder(one, `T1000${at}`)
    const messages = one.jobs.splice(0).map(body => ({ body, ack: vi.fn(), retry: vi.fn() }))
    holdTime()
    const batch = { queue: 'wechatpay-edge-deliveries', messages }
    const carriedOut = consume(batch, one.gateway, { waitUntil() {} }, async () => {})
    for (let left = messages.length; left > 0; left -= CONCURRENCY) {
      await eventually(() => expect(answers).toHaveLength(Math.min(left, CONCURRENCY)))
      await vi.advanceTimersByTimeAsync(ms)
      for (const answer of answers.splice(0)) answer()
    }
    await carriedOut
    expect(messages.map(({ ack, retry }) => [ack.mock.calls.length, retry.mock.calls.length])).toEqual(
      Array(20).fill([1, 0]),
    )
  },
)
