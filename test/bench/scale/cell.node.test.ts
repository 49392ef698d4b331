import { expect, test } from 'vitest'
import { type CellOptions, PERIOD, simulateCell } from '../../../bench/scale/cell.ts'
import { createCircuit } from '../../../bench/scale/circuit.ts'
import type { LedgerTimes, ServiceTimes } from '../../../bench/scale/service-times.ts'
import { openLedgerStore } from '../../../src/gateway/index.ts'
import { createBreaker } from '../../../src/gateway/store/delivery/circuits.ts'
import { SQLITE } from '../../../src/gateway/store/dialect.ts'
import { carryOut } from '../../../src/gateway/store/sql.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { createRandom } from '../../load/random.ts'

const time = (thread: number, server = 0, latency = 0) => ({ thread, process: thread, server, latency })
const ledger: LedgerTimes = {
  record: time(0.1, 0.2, 2),
  claim: time(0.1, 0.1, 1),
  attempt: time(0.1, 0.1, 1),
  bytesPerEvent: 1_500,
}
const times: Pick<ServiceTimes, 'intake' | 'delivery'> = { intake: time(0.3), delivery: time(0.2) }
const MINUTE = 60_000
const options: CellOptions = {
  times,
  ledger,
  processes: 2,
  connections: 10,
  databaseProcessors: 2,
  roundTrip: 0.5,
  shares: [0.5, 0.3, 0.2],
  rate: () => 100,
  end: 3 * MINUTE,
  endpoint: { mean: 100, spread: 0.5 },
  seed: 1,
}
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

test('an idle cell records and delivers what it is sent, and is used as its service times say', () => {
  const { notifications, recorded, delivered, acknowledgement, delivery, thread, database } = simulateCell(options)
  expect(notifications / 18_000).toBeCloseTo(1, 1)
  expect(notifications - recorded).toBeLessThan(10)
  expect(recorded - delivered).toBeLessThan(60)
  // 100/s of 0.8 ms on two threads, and of 0.4 ms on two processors.
  expect(thread.utilisation).toBeCloseTo(0.04, 2)
  expect(database.utilisation).toBeCloseTo(0.02, 2)
  expect(acknowledgement.quantile(0.5)).toBeLessThan(5)
  expect(delivery.quantile(0.5)).toBeGreaterThan(60)
  expect(delivery.quantile(0.5)).toBeLessThan(140)
})

test('the same seed gives the same, another seed another', () => {
  const countsOf = ({ notifications, recorded, delivered }: ReturnType<typeof simulateCell>) => [
    notifications,
    recorded,
    delivered,
  ]
  const short = { ...options, end: 10_000 }
  expect(countsOf(simulateCell(short))).toEqual(countsOf(simulateCell(short)))
  expect(countsOf(simulateCell({ ...short, seed: 2 }))).not.toEqual(countsOf(simulateCell(short)))
})

test('what WeChat Pay sent during an outage it sends again, and all of it is recorded once', () => {
  const isUp = (at: number) => at < 30_000 || at >= 90_000
  const rate = (at: number) => (at < MINUTE ? 50 : 0.001)
  const { timeline, notifications, recorded } = simulateCell({ ...options, isUp, rate, end: 10 * MINUTE })
  expect(recorded).toBe(notifications)
  expect(sum(timeline.values('recorded'))).toBe(notifications)
  expect(sum(timeline.values('sent'))).toBeGreaterThan(notifications * 1.5)
  const during = timeline.values('recorded').slice(Math.ceil(30_000 / PERIOD) + 1, 90_000 / PERIOD)
  expect(sum(during)).toBe(0)
  expect(Math.max(...timeline.values('unrecorded'))).toBeGreaterThan(1_000)
})

test('an endpoint that is down gets probes only, holds up no other, and gets everything when it is back', () => {
  const isEndpointUp = (merchant: number, at: number) => merchant !== 0 || at < 20_000 || at >= 80_000
  const rate = (at: number) => (at < 100_000 ? 40 : 0.001)
  const { timeline, notifications, delivered } = simulateCell({ ...options, isEndpointUp, rate, end: 10 * MINUTE })
  expect(delivered).toBe(notifications)
  const attempts = timeline.values('attempts').slice(4, 7)
  const received = timeline.values('delivered').slice(4, 7)
  // The others are half of the events: 20/s. The endpoint gets a few probes a minute.
  for (const [at, count] of received.entries()) {
    expect(count).toBeGreaterThan(120)
    expect(attempts[at]! - count).toBeLessThan(15)
  }
})

test('beyond its capacity a cell refuses instead of letting WeChat Pay wait, and records everything later', () => {
  const rate = (at: number) => (at < 20_000 ? 2_500 : 0.001)
  const tight = { ...options, processes: 1, connections: 50, rate, end: 60 * MINUTE }
  const { timeline, notifications, recorded, thread } = simulateCell(tight)
  expect(sum(timeline.values('refused'))).toBeGreaterThan(1_000)
  expect(thread.utilisation).toBeLessThanOrEqual(1)
  expect(recorded).toBe(notifications)
})

test('the circuit opens, probes and closes as that of the ledger does', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createRandom(seed)
    let now = 1_000_000
    const sql = await openDatabase(':memory:')
    openLedgerStore(sql)
    // The ledger deletes the circuit of an endpoint that has no pending delivery.
    sql.run(
      "insert into delivery (seq, mchid, endpoint, created_at, state, due_at) values (1, 'm', 'shop', 0, 'pending', 0)",
    )
    const breaker = createBreaker({ dialect: SQLITE, now: () => now })
    const circuit = createCircuit()
    for (let step = 0; step < 60; step++) {
      now += Math.floor(random() * 4_000)
      const delivery = Math.floor(random() * 8)
      const real = carryOut(sql, breaker.lockRetryAt('m', 'shop'))
      expect([seed, step, circuit.allowedAt(now) > now]).toEqual([seed, step, real > now])
      if (real > now) continue
      if (real > 0) carryOut(sql, breaker.startProbe('m', 'shop', delivery, now + 30_000))
      circuit.claim(now, delivery)
      const at = now
      const isReached = random() < 0.1
      now += Math.floor(random() * 500)
      carryOut(sql, breaker.countAttempt('m', 'shop', delivery, { at, isOutage: !isReached }))
      circuit.record(now, { delivery, began: at, isReached })
    }
    await sql.close()
  }
})
