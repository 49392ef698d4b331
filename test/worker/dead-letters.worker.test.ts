import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { MIN_QUEUE_TIME } from '../../src/gateway/store/delivery/queued.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import worker from '../../worker/index.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { realEnvironment, unconfigured } from './real.ts'

// In workerd: a queue that has ended, with its dead-letter queue, before the real Durable Object.

const simulator = await createSimulator({ mchid: '1900000777' })
const { mchid } = simulator.merchant

async function record(id: string, createdAt: number): Promise<number> {
  const { deliveries } = await ledgerOf(env.LEDGER)(mchid).recordEvent({
    mchid,
    api: 'v3',
    id,
    event: 'TRANSACTION.SUCCESS',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt,
    nonce: null,
    endpoints: ['default'],
  })
  return deliveries[0]!
}

const batchOf = (queue: string, delivery: number) =>
  createMessageBatch(queue, [{ id: '1', timestamp: new Date(), attempts: 101, body: { mchid, delivery } }])

test('a delivery that the queue has brought too often is acknowledged there, and stays pending for the sweep', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const delivery = await record('ended', Date.now())
  const dead = batchOf('wechatpay-edge-dead', delivery)
  const context = createExecutionContext()
  await worker.queue(dead, realEnvironment(simulator), context)
  expect(await getQueueResult(dead, context)).toMatchObject({ explicitAcks: ['1'], retryMessages: [] })
  const ledger = ledgerOf(env.LEDGER)(mchid)
  expect(await ledger.delivery(mchid, delivery)).toMatchObject({ state: 'pending', tries: 0, attempts: [] })
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)))
  expect(lines).toMatchObject([{ level: 'warn', event: 'queue gave up', mchid, delivery }])
  log.mockRestore()
  // Some time later the sweep enqueues what the queue has lost.
  await runInDurableObject(env.LEDGER.getByName(mchid), (_, { storage }) => {
    storage.sql.exec('update delivery set queued_until = queued_until - ?1, due_at = due_at - ?1', 2 * MIN_QUEUE_TIME)
  })
  const sent: unknown[] = []
  const queue = { sendBatch: async (messages: Iterable<unknown>) => void sent.push(...messages) }
  await worker.scheduled({}, realEnvironment(simulator, { DELIVERIES: queue }))
  expect(sent).toEqual([{ body: { mchid, delivery } }])
})

test('a Worker that is not configured acknowledges dead letters too, and has the queue bring the others again', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const delivery = await record('unconfigured', Date.now())
  const results = []
  for (const queue of ['wechatpay-edge-dead', 'wechatpay-edge-deliveries']) {
    const batch = batchOf(queue, delivery)
    const context = createExecutionContext()
    await worker.queue(batch, unconfigured(), context)
    results.push(await getQueueResult(batch, context))
  }
  log.mockRestore()
  expect(results).toMatchObject([
    { explicitAcks: ['1'], retryMessages: [] },
    { explicitAcks: [], retryMessages: [{ msgId: '1' }] },
  ])
})
