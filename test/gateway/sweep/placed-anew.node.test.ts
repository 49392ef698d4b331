import { beforeEach, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

// Watches that are placed anew, by a call that is sent while the sweep queries, and by one that is not sent at all.

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  one.simulator.notify.hold()
})
const rows = () => one.database.run('select number, placed_at, expires_at, calls from watch')

/** Places the same order again while the first query for it is under way. */
async function placeDuringQuery(respond: typeof fetch): Promise<void> {
  const watch = { mchid, kind: 'v3-order', number: 'T100001', query: { mchid } }
  let isFirst = true
  const during: typeof fetch = async (input, init) => {
    if (!isFirst) return one.simulator.fetch(input, init)
    isFirst = false
    one.clock.now += 1
    await one.ledger.watch(watch, one.clock.now + 5 * MINUTE)
    return respond(input, init)
  }
  const { merchant } = one.simulator
  one = await one.restart({ merchants: { [mchid]: new Wechatpay({ ...merchant, retry: false, fetch: during }) } })
  await one.ledger.watch(watch, one.clock.now)
  await one.ledger.recordUnanswered(watch)
  one.clock.now += 8 * DAY
  await one.simulator.advance(8 * DAY)
  expect(await one.gateway.sweep()).toMatchObject({ queried: 1 })
}

test('an order that is placed again while the sweep gives it up stays watched', async () => {
  await placeDuringQuery((input, init) => one.simulator.fetch(input, init))
  expect(await rows()).toMatchObject([{ number: 'T100001', calls: 2 }])
})

test('an order that is placed again while its last query fails is queried on', async () => {
  await placeDuringQuery(() => Promise.reject(new TypeError('down')))
  one.clock.now += 6 * MINUTE
  expect(await one.gateway.sweep()).toMatchObject({ queried: 1 })
})

test('a call that is answered from the ledger, or refused by it, places no watch anew', async () => {
  const time_expire = new Date(one.clock.now + 30 * MINUTE).toISOString().replace(/\.\d+Z/, '+00:00')
  const place = (more: object) =>
    one.call('/v3/pay/transactions/native', json(nativeOrder(one, 'T100001', more), { 'idempotency-key': 'K1' }))
  expect((await place({ time_expire })).status).toBe(200)
  const before = await rows()
  one.clock.now += 10 * MINUTE
  const again = await place({ time_expire })
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
  expect((await place({})).status).toBe(409)
  expect(await rows()).toEqual(before)
  expect(before).toMatchObject([{ number: 'T100001', calls: 1 }])
})

test('a call that WeChat Pay refuses does not prolong the watch of the order that it repeats', async () => {
  const expiring = (minutes: number) => ({
    time_expire: new Date(one.clock.now + minutes * MINUTE).toISOString().replace(/\.\d+Z/, '+00:00'),
  })
  const place = (more: object) => one.call('/v3/pay/transactions/native', json(nativeOrder(one, 'T100001', more)))
  expect((await place(expiring(60))).status).toBe(200)
  const before = await rows()
  one.clock.now += 10 * MINUTE
  // The same number for another amount, and without an expiry.
  const refused = await place({ amount: { total: 999 } })
  expect(refused.status).toBeGreaterThanOrEqual(400)
  await expect.poll(rows).toEqual(before)
  expect(before).toMatchObject([{ calls: 1, placed_at: one.clock.now - 10 * MINUTE }])
})
