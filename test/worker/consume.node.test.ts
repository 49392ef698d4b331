import { expect, test, vi } from 'vitest'
import { consume } from '../../worker/outbox.ts'
import { harness, paid } from '../gateway/harness.ts'

// The queue's consumer before a real gateway and ledger; Cloudflare's part, the batch and its context, is played by the test.

const ENDPOINT = { events: ['*'], secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }

async function stage() {
  const end: (() => void)[] = []
  const one = await harness({
    endpoints: ['hanging', 'shop'].map(name => ({ ...ENDPOINT, name, url: `https://${name}.example.com/` })),
    fetchOf:
      ({ name }) =>
      async () => {
        if (name === 'hanging') await new Promise<void>(resolve => end.push(resolve))
        return new Response(null, { status: 204 })
      },
  })
  for (const number of ['T100001', 'T100002', 'T100003']) await paid(one, number)
  const messages = one.jobs.splice(0).map(body => ({ body, ack: vi.fn(), retry: vi.fn() }))
  const background: Promise<unknown>[] = []
  const context = { waitUntil: (work: Promise<unknown>) => void background.push(work) }
  const bring = () => consume({ queue: 'wechatpay-edge-deliveries', messages }, one.gateway, context)
  const states = async () => {
    const rows = await one.ledger.deliveries(one.simulator.merchant.mchid, { limit: 10 })
    return (name: string) => rows.filter(({ endpoint }) => endpoint === name)
  }
  const answer = () => {
    for (const resolve of end.splice(0)) resolve()
  }
  return { one, messages, background, bring, states, answer }
}

test('a batch is done in a moment though an endpoint hangs: the batch behind it need not wait', async () => {
  const { messages, background, bring, states, answer } = await stage()
  const start = performance.now()
  await bring()
  expect(performance.now() - start).toBeLessThan(4_000)
  const of = await states()
  expect(of('shop').map(({ state }) => state)).toEqual(Array(3).fill('delivered'))
  expect(of('hanging').map(({ state }) => state)).toEqual(Array(3).fill('pending'))
  // No message is lost: those that were not seen through come again, after the lease of their delivery.
  expect(messages.filter(({ ack }) => ack.mock.calls.length === 1)).toHaveLength(3)
  expect(messages.flatMap(({ retry }) => retry.mock.calls)).toEqual(Array(3).fill([{ delaySeconds: 30 }]))
  expect(background).toHaveLength(3)
  answer()
  await Promise.all(background)
  expect((await states())('hanging').map(({ state, tries }) => [state, tries])).toEqual(Array(3).fill(['delivered', 1]))
})

test('what comes again and was seen through meanwhile is acknowledged, and sent no second time', async () => {
  const { one, messages, background, bring, answer } = await stage()
  await bring()
  answer()
  await Promise.all(background)
  one.clock.now += 31_000
  await bring()
  for (const { ack } of messages) expect(ack.mock.calls.length).toBeGreaterThan(0)
  expect(background).toHaveLength(3)
})
