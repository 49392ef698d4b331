import { expect } from 'vitest'
import { createTestServer } from './server.ts'

/** The storage of a case, and what a newer version does with it. */
export interface NewerStorage {
  readonly data: string
  readonly migrate: (data: string) => Promise<void>
  /** Undoes it, in place of the newer version, which does not exist. */
  readonly restore: (data: string) => Promise<void>
}

const ORIGIN = 'https://gateway.example.com'

/** An operator rolls back, looks at what happened, and runs the newer version again. */
export async function expectReadOnly({ data, migrate, restore }: NewerStorage): Promise<void> {
  const { simulator, shop, clock, errors, open, mchid, appid } = await createTestServer(data)
  let server = await open()
  const ask = async (path: string, init?: RequestInit) => {
    const response = await server.fetch(new Request(`${ORIGIN}${path}`, init))
    return { status: response.status, body: await response.text() }
  }
  const json = async (path: string) => JSON.parse((await ask(path)).body)
  const place = (out_trade_no: string) =>
    ask('/checkout/native', {
      method: 'POST',
      body: JSON.stringify({ appid, description: 'x', out_trade_no, amount: { total: 100 } }),
      headers: { 'content-type': 'application/json' },
    })
  const pay = async (out_trade_no: string) => {
    simulator.pay({ out_trade_no })
    await simulator.settled()
  }
  const pages = ['events', 'deliveries', 'doubts'].map(page => `/admin/merchants/${mchid}/${page}`)

  shop.isUp = false
  for (const number of ['newer-1', 'newer-2']) expect((await place(number)).status).toBe(200)
  await pay('newer-1')
  const [delivery] = (await json(pages[1]!)).deliveries
  await expect.poll(async () => (await json(`${pages[1]}/${delivery.id}`)).tries).toBeGreaterThan(0)
  await server.close()
  const known = { endpoint: 'shop', state: 'pending' }
  await migrate(data)

  shop.isUp = true
  server = await open()
  expect(errors).toContainEqual(expect.stringContaining('ledger read-only'))
  // It shows what has happened.
  for (const page of [...pages, '/admin/callers/operator/calls', '/admin/merchants', '/metrics', '/admin/throughput'])
    expect([page, (await ask(page)).status]).toEqual([page, 200])
  expect((await json(pages[0]!)).events).toMatchObject([{ event: 'TRANSACTION.SUCCESS' }])
  expect((await json(pages[1]!)).deliveries).toMatchObject([known])
  expect((await json('/admin/callers/operator/calls')).calls).toHaveLength(2)
  // It is red, and says why, by a code.
  expect((await ask('/healthz')).status).toBe(503)
  expect((await ask('/readyz')).status).toBe(503)
  expect((await ask('/livez')).status).toBe(200)
  const full = await ask('/healthz', { headers: { authorization: 'Bearer x' } })
  expect(JSON.parse(full.body).checks).toContainEqual(
    expect.objectContaining({ check: 'ledger_write', status: 'fail', code: 'ledger_newer' }),
  )
  // It acknowledges nothing, acts for nobody, and delivers nothing.
  await pay('newer-2')
  expect(simulator.notifications.at(-1)).toMatchObject({ state: 'pending' })
  for (const refused of [
    await place('newer-3'),
    await ask(`${pages[1]}/${delivery.id}/replay`, { method: 'POST' }),
    await ask('/admin/sweep', { method: 'POST' }),
  ]) {
    expect(refused.status).toBe(503)
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'LEDGER_NEWER' })
    expect(refused.body).toContain('Run the newer version')
  }
  expect(() => simulator.pay({ out_trade_no: 'newer-3' })).toThrow()
  clock.ahead += 3_600_000
  await server.sweep()
  expect((await json(pages[1]!)).deliveries).toMatchObject([known])
  expect(shop.received).toEqual([])
  await server.close()

  await restore(data)
  server = await open()
  await simulator.advance(60_000)
  await expect.poll(() => shop.received.length).toBe(2)
  expect((await json(pages[0]!)).events).toHaveLength(2)
  await server.close()
}
