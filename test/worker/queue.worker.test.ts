import { exports } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { json, shop } from './real.ts'

// In workerd, with the real queue: it waits for seconds before it brings a message again.

const fetchWorker = (path: string, init?: RequestInit) =>
  exports.default.fetch(`https://gateway.localhost${path}`, init)

test('what fails is brought again by the queue', async () => {
  const { mchid } = (await (await fetchWorker('/simulator')).json()) as { mchid: string }
  await fetchWorker('/simulator/notifications/release', json({}))
  await shop.forget(1)
  const demand = {
    url: `https://gateway.localhost/notify/${mchid}`,
    event: 'REFUND.SUCCESS',
    resource: { out_refund_no: 'worker-refund-1' },
  }
  await fetchWorker('/simulator/notifications', json(demand))
  const tries = await vi.waitUntil(
    async () => {
      const came = (await shop.received()).filter(({ text }) => text.includes('worker-refund-1'))
      return came.length > 1 && came
    },
    { timeout: 120_000, interval: 1000 },
  )
  const ids = (tries || []).map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(1)
})
