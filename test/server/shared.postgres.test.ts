import { expect, test } from 'vitest'
import { startBreakingProxy } from '../postgres/breaking-proxy.ts'
import { freshUrl } from '../postgres/schema.ts'
import { createTestServer } from './server.ts'

type Setup = Awaited<ReturnType<typeof createTestServer>>
type Server = Awaited<ReturnType<Setup['open']>>

async function place({ appid }: Setup, server: Server, out_trade_no: string): Promise<void> {
  const placed = await server.fetch(
    new Request('https://gateway.example.com/checkout/native', {
      method: 'POST',
      body: JSON.stringify({ appid, description: 'x', out_trade_no, amount: { total: 100 } }),
      headers: { 'content-type': 'application/json' },
    }),
  )
  expect(placed.status).toBe(200)
}

/** Pays an order, so that WeChat Pay notifies the gateway. */
async function pay({ simulator }: Setup, out_trade_no: string): Promise<void> {
  simulator.pay({ out_trade_no })
  await simulator.settled()
}

test('processes share a PostgreSQL: what one has recorded and not delivered, another delivers when it has ended', async () => {
  const setup = await createTestServer(freshUrl())
  const { shop, simulator, get, mchid } = setup
  const first = await setup.open()
  // The simulator notifies the one that was opened last.
  const second = await setup.open()
  shop.isUp = false
  await place(setup, first, 'shared-1')
  await pay(setup, 'shared-1')
  expect(simulator.notifications[0]).toMatchObject({ state: 'delivered' })
  const deliveries = async () => {
    const listed = (await get(first, `/admin/merchants/${mchid}/deliveries`)) as { deliveries: { tries: number }[] }
    return listed.deliveries
  }
  await expect.poll(async () => (await deliveries())[0]?.tries).toBeGreaterThan(0)
  await second.close()
  // Closing again changes nothing, and is no failure.
  await second.close()
  expect(shop.received).toEqual([])
  shop.isUp = true
  await expect.poll(() => shop.received.length).toBeGreaterThan(0)
  expect(JSON.parse(shop.received[0]!)).toMatchObject({ type: 'TRANSACTION.SUCCESS' })
  const { events } = (await get(first, `/admin/merchants/${mchid}/events`)) as { events: object[] }
  expect(events).toHaveLength(1)
  await first.close()
})

test('while the database is down nothing is acknowledged, /healthz is red and says why, and all goes on when it is back', async () => {
  const proxy = await startBreakingProxy(freshUrl())
  const setup = await createTestServer(proxy.url)
  const { shop, simulator, clock, get, mchid } = setup
  const server = await setup.open()
  const health = async () => {
    const response = await server.fetch(new Request('https://gateway.example.com/healthz'))
    return [response.status, await response.text()] as const
  }
  expect((await health())[0]).toBe(200)
  for (const number of ['down-1', 'down-2']) await place(setup, server, number)
  await pay(setup, 'down-1')
  const states = async () => {
    const listed = (await get(server, `/admin/merchants/${mchid}/deliveries`)) as { deliveries: { state: string }[] }
    return listed.deliveries.map(({ state }) => state)
  }
  // That the shop has it is recorded: otherwise it would be delivered again.
  await expect.poll(states).toEqual(['delivered'])
  expect(shop.received).toHaveLength(1)

  proxy.setDown(true)
  await pay(setup, 'down-2')
  expect(simulator.notifications.at(-1)).toMatchObject({ state: 'pending' })
  // The report of a moment ago is not shown again.
  clock.ahead += 10_000
  const [status, report] = await health()
  expect(status).toBe(503)
  expect(report).not.toContain('secret')

  proxy.setDown(false)
  await expect
    .poll(async () => {
      clock.ahead += 10_000
      return (await health())[0]
    })
    .toBe(200)
  await simulator.advance(20_000)
  expect(simulator.notifications.at(-1)).toMatchObject({ state: 'delivered' })
  await expect.poll(() => shop.received.length).toBe(2)
  await server.close()
  await proxy.close()
})
