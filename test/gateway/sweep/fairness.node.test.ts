import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

// A sweep serves all merchants of a gateway: what fails or hangs for one must not cost another its payments.

const MINUTE = 60_000
let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  one.simulator.notify.hold()
})
afterEach(() => void vi.useRealTimers())

const place = async (out_trade_no: string) => {
  const response = await one.call('/v3/pay/transactions/native', json(nativeOrder(one, out_trade_no)))
  expect(response.status).toBe(200)
}
/** A paid order of which nothing was heard. */
const lose = async (out_trade_no: string) => {
  await place(out_trade_no)
  one.simulator.pay({ out_trade_no })
}
/** An event whose delivery the outbox has lost. */
const loseDelivery = (id: string) =>
  one.ledger.recordEvent({
    mchid,
    api: 'v3',
    id,
    event: 'TRANSACTION.SUCCESS',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: one.clock.now,
    nonce: null,
    endpoints: ['shop'],
  })
const received = () =>
  one.shop.received.map(({ body }) => (body.data.resource as { out_trade_no?: string }).out_trade_no)

const away = { outbox: { enqueue: () => Promise.reject(new Error('Too Many Requests')) } }

test('a queue that is away keeps no lost payment from being found, and none from being delivered', async () => {
  await loseDelivery('E1')
  for (const number of ['T100001', 'T100002', 'T100003']) await lose(number)
  one = await one.restart(away)
  one.clock.now += 6 * MINUTE
  // The result is recorded now, and refused by the queue; the next sweep delivers it.
  expect(await one.gateway.sweep()).toMatchObject({ queried: 3, synthesized: 3, enqueued: 0, delivered: 1 })
  one.clock.now += MINUTE
  expect(await one.gateway.sweep()).toMatchObject({ queried: 0, enqueued: 0, delivered: 3 })
  expect(received().sort()).toEqual(['T100001', 'T100002', 'T100003', undefined])
  expect((await one.ledger.deliveries(mchid, { limit: 10 })).map(({ state }) => state)).toEqual(
    Array(4).fill('delivered'),
  )
})

test('a delivery that fails while the queue is away is tried again when it is due, not five minutes later', async () => {
  await loseDelivery('E1')
  one = await one.restart(away)
  one.shop.answer = count => new Response(null, { status: count === 1 ? 400 : 204 })
  one.clock.now += 6 * MINUTE
  expect(await one.gateway.sweep()).toMatchObject({ delivered: 1 })
  one.clock.now += MINUTE
  expect(await one.gateway.sweep()).toMatchObject({ delivered: 1 })
  expect(await one.ledger.deliveries(mchid, { limit: 10 })).toMatchObject([{ state: 'delivered', tries: 2 }])
})

test('a ledger that fails for one watch leaves the others their queries', async () => {
  for (const number of ['T100001', 'T100002', 'T100003']) await lose(number)
  const { clock, ledger } = one
  let isFirst = true
  const failsOnce = new Proxy(ledger, {
    get(_, name: keyof typeof ledger) {
      if (name !== 'recordEvent' || !isFirst) return ledger[name]
      isFirst = false
      return () => Promise.reject(new Error('disk I/O error'))
    },
  })
  one = await one.restart({ ledgerOf: () => failsOnce, now: () => clock.now })
  clock.now += 6 * MINUTE
  expect(await one.gateway.sweep()).toMatchObject({ synthesized: 2 })
  clock.now += 3 * MINUTE
  expect(await one.gateway.sweep()).toMatchObject({ synthesized: 1 })
})

/** Has time pass, as timers and as the gateway's clock show it. */
async function pass(ms: number, isEnough: () => boolean = () => false): Promise<void> {
  for (let passed = 0; passed < ms && !isEnough(); passed += 500) {
    one.clock.now += 500
    await vi.advanceTimersByTimeAsync(500)
    // Signing takes threads, and the ledger a turn of the event loop.
    await sleep(10)
  }
}

/** Merchants whose queries WeChat Pay never answers, each with many orders that nothing was heard of, before the healthy one. */
async function besideHanging(names: readonly string[]) {
  const asked: { number: string; at: number }[] = []
  const hangs: typeof fetch = (input, init) => {
    asked.push({ number: new URL(new Request(input).url).pathname.split('/').pop()!, at: one.clock.now })
    return new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal!.reason)))
  }
  const { merchant } = one.simulator
  const client = (of: string) => new Wechatpay({ ...merchant, mchid: of, fetch: hangs })
  const healthy = new Wechatpay({ ...merchant, fetch: one.simulator.fetch })
  for (const name of names)
    for (let at = 0; at < 200; at++)
      await one.ledger.watch({ mchid: name, kind: 'v3-order', number: `H${name}${at}`, query: { mchid: name } }, 0)
  one = await one.restart({
    merchants: { ...Object.fromEntries(names.map(name => [name, client(name)])), [mchid]: healthy },
  })
  one.clock.now += 6 * MINUTE
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  return asked
}

test('queries that hang delay no other merchant by more than their first time limit, and end before the next sweep', async () => {
  await lose('T100001')
  await loseDelivery('E1')
  await besideHanging(['1900000201', '1900000202', '1900000203'])
  const told = () => one.logged.some(line => line.includes('found by query') && line.includes('T100001'))
  let isEnded = false
  const start = one.clock.now
  const sweeping = one.gateway.sweep().finally(() => {
    isEnded = true
  })
  await pass(MINUTE, () => one.jobs.length > 0)
  expect(one.clock.now - start).toBeLessThanOrEqual(2_000)
  await pass(MINUTE, told)
  expect([told(), one.clock.now - start < 20_000]).toEqual([true, true])
  await pass(MINUTE - (one.clock.now - start), () => isEnded)
  expect(isEnded).toBe(true)
  expect(await sweeping).toMatchObject({ enqueued: 1, synthesized: 1 })
})

test('sweeps of every minute beside a WeChat Pay that hangs never ask for the same order twice within its pause', async () => {
  const asked = await besideHanging(['1900000201', '1900000202', '1900000203'])
  const sweeps: Promise<unknown>[] = []
  for (let minute = 0; minute < 8; minute++) {
    sweeps.push(one.gateway.sweep())
    await pass(MINUTE)
  }
  await Promise.all(sweeps)
  // A query has up to three attempts, within 15 s.
  const times = new Map<string, number[]>()
  for (const { number, at } of asked) times.set(number, [...(times.get(number) ?? []), at])
  const spans = [...times.values()].map(ats => Math.max(...ats) - Math.min(...ats))
  expect(spans.length).toBeGreaterThan(8 * 3 * 3)
  expect(Math.max(...spans)).toBeLessThanOrEqual(15_000)
})

test('where there are more kinds and callers than a portion, each gets its turn', async () => {
  const clock = { now: 1_800_000_000_000 }
  const store = openLedgerStore(await openDatabase(':memory:'), () => clock.now)
  for (let caller = 0; caller < 60; caller++)
    for (let at = 0; at < 20; at++)
      store.watch(
        { mchid, kind: 'v3-order', number: `${caller}-${at}`, query: {}, caller: `c${caller + 100}` },
        clock.now,
      )
  const callers = new Set<string>()
  for (let portion = 0; portion < 15; portion++)
    for (const { number } of store.claimDueWatches(mchid, 40, clock.now + MINUTE)) callers.add(number.split('-')[0]!)
  expect(callers.size).toBe(60)
})
