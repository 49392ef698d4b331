import { createExecutionContext, createMessageBatch, waitOnExecutionContext } from 'cloudflare:test'
import { expect, test } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'
import worker from '../../worker/index.ts'
import { realEnvironment, serve, shop } from './real.ts'

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

test('the traceparent of a notification reaches the endpoint through the Durable Object and the queue', async () => {
  const sent: Request[] = []
  const simulator = await createSimulator({
    mchid: '1900000987',
    deliver: async (input, init) => {
      sent.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  const { mchid } = simulator.merchant
  const url = `https://gateway.example/notify/${mchid}`
  await simulator.notify.send({ url, event: 'TRANSACTION.SUCCESS', resource: { out_trade_no: 'traced-1' } })
  const [notification] = sent
  const headers = new Headers(notification!.headers)
  headers.set('traceparent', TRACEPARENT)
  const body = await notification!.text()
  const jobs: unknown[] = []
  const queue = {
    sendBatch: async (messages: Iterable<{ body: unknown }>) => jobs.push(...Array.from(messages, ({ body }) => body)),
  }
  const given = realEnvironment(simulator, { DELIVERIES: queue })
  expect((await serve(`/notify/${mchid}`, given, { method: 'POST', headers, body })).status).toBe(204)

  // Another invocation, which has the job of the queue and the event of the Durable Object.
  const context = createExecutionContext()
  const messages = jobs.map((body, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body }))
  await worker.queue(createMessageBatch('deliveries', messages) as never, given, context)
  await waitOnExecutionContext(context)
  const received = (await shop.received()).find(({ text }) => text.includes('traced-1'))
  expect(received?.headers.traceparent).toBe(TRACEPARENT)
})
