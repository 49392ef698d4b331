import { expect, test } from 'vitest'
import { createCounters, type Increment } from '../../../src/gateway/metrics/counters.ts'

const REFUSED = 'wechatpay_edge_refused_total'

/** A ledger that keeps what it is handed until it is told how that went. */
function ledger() {
  const flushes: { increments: Increment[]; done: () => void; failed: () => void }[] = []
  const flush = (increments: Increment[]) =>
    new Promise<void>((done, reject) => {
      flushes.push({ increments, done, failed: () => reject(new Error('away')) })
    })
  return { flushes, flush }
}
const by = ({ increments }: { increments: Increment[] }) => increments.map(({ labels, by }) => [labels.code, by])

test('what is counted of one series is one increment', async () => {
  const flushed: Increment[][] = []
  const counters = createCounters(async increments => void flushed.push(increments))
  counters.count(REFUSED, { code: 'A' })
  counters.count(REFUSED, { code: 'A' }, 2)
  counters.count(REFUSED, { code: 'B' })
  counters.count('wechatpay_edge_deliveries_total', { endpoint: 'shop', outcome: 'dead' })
  counters.count('wechatpay_edge_deliveries_total', { outcome: 'dead', endpoint: 'shop' })
  await counters.flush()
  expect(flushed).toEqual([
    [
      { name: REFUSED, labels: { code: 'A' }, by: 3 },
      { name: REFUSED, labels: { code: 'B' }, by: 1 },
      { name: 'wechatpay_edge_deliveries_total', labels: { endpoint: 'shop', outcome: 'dead' }, by: 2 },
    ],
  ])
  await counters.flush()
  expect(flushed).toHaveLength(1)
})

test('each flush hands on what was counted so far, and waits for no other', async () => {
  const { flushes, flush } = ledger()
  const counters = createCounters(flush)
  counters.count(REFUSED, { code: 'A' })
  // Begun by a request that Cloudflare cancels: it never settles.
  void counters.flush()
  await counters.flush()
  counters.count(REFUSED, { code: 'A' })
  counters.count(REFUSED, { code: 'B' })
  const own = counters.flush()
  await Promise.resolve()
  expect(flushes.map(by)).toEqual([
    [['A', 1]],
    [
      ['A', 1],
      ['B', 1],
    ],
  ])
  flushes[1]!.done()
  await own
})

test('of flushes that gather at the same time one hands on everything, even where the first is cancelled', async () => {
  const { flushes, flush } = ledger()
  const gathering: (() => void)[] = []
  const counters = createCounters(flush, () => new Promise<void>(resolve => gathering.push(resolve)))
  const settled: string[] = []
  for (const request of ['cancelled', 'second', 'third']) {
    counters.count(REFUSED, { code: request })
    void counters.gatherAndFlush()!.then(() => settled.push(request))
  }
  for (const resolve of gathering.slice(1)) resolve()
  await Promise.resolve()
  await Promise.resolve()
  expect(flushes.map(by)).toEqual([
    [
      ['cancelled', 1],
      ['second', 1],
      ['third', 1],
    ],
  ])
  flushes[0]!.done()
  await new Promise(resolve => setTimeout(resolve, 1))
  expect(settled.sort()).toEqual(['second', 'third'])
})

test('requests that ask for a flush soon share one write, and those after it has begun have the next', async () => {
  const { flushes, flush } = ledger()
  const gathering: (() => void)[] = []
  const counters = createCounters(flush, () => new Promise<void>(resolve => gathering.push(resolve)))
  const ask = (code: string) => {
    counters.count(REFUSED, { code })
    counters.flushSoon()
  }
  const settle = async () => {
    for (const resolve of gathering.splice(0)) resolve()
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  for (const code of ['A', 'B', 'C']) ask(code)
  expect(gathering).toHaveLength(1)
  await settle()
  const first = ['A', 'B', 'C'].map(code => [code, 1])
  expect(flushes.map(by)).toEqual([first])
  // The first write is still under way.
  ask('D')
  await settle()
  expect(flushes.map(by)).toEqual([first, [['D', 1]]])
  counters.flushSoon()
  expect(gathering).toEqual([])
  for (const { done } of flushes) done()
})

test('a flush that fails keeps what it had, rejects nobody, and the next one brings it', async () => {
  const { flushes, flush } = ledger()
  const counters = createCounters(flush)
  counters.count(REFUSED, { code: 'A' }, 5)
  const first = counters.flush()
  await Promise.resolve()
  counters.count(REFUSED, { code: 'A' })
  flushes[0]!.failed()
  await first
  expect(flushes).toHaveLength(1)
  const second = counters.flush()
  await Promise.resolve()
  expect(by(flushes[1]!)).toEqual([['A', 6]])
  flushes[1]!.done()
  await second
})

test('a flush that throws at once is one that fails', async () => {
  let times = 0
  const counters = createCounters(() => {
    times++
    throw new Error('at once')
  })
  counters.count(REFUSED, { code: 'A' })
  await counters.flush()
  await counters.flush()
  expect(times).toBe(2)
})

test('memory is bounded, and known series count on', async () => {
  const flushed: Increment[][] = []
  const counters = createCounters(async increments => void flushed.push(increments))
  for (let code = 0; code < 10_100; code++) counters.count(REFUSED, { code: String(code) })
  counters.count(REFUSED, { code: '0' })
  await counters.flush()
  expect(flushed[0]).toHaveLength(10_000)
  expect(flushed[0]![0]!.by).toBe(2)
})

test('what is no number is not counted', async () => {
  const flushed: Increment[][] = []
  const counters = createCounters(async increments => void flushed.push(increments))
  counters.count(REFUSED, { code: 'A' }, Number.NaN)
  counters.count(REFUSED, { code: 'A' }, Number.POSITIVE_INFINITY)
  await counters.flush()
  expect(flushed).toEqual([])
})

test('a duration falls into one bucket, its bound included, and adds to the sum', async () => {
  const flushed: Increment[][] = []
  const counters = createCounters(async increments => void flushed.push(increments))
  for (const seconds of [0, 0.05, 0.051, 30, 30.5])
    counters.observe('wechatpay_edge_call_duration_seconds', { api: 'v3' }, seconds)
  await counters.flush()
  expect(flushed[0]!.map(({ name, labels, by }) => [name.slice(37), labels.le, by])).toEqual([
    ['bucket', '0.05', 2],
    ['sum', undefined, 60.601],
    ['bucket', '0.1', 1],
    ['bucket', '30', 1],
    ['bucket', '+Inf', 1],
  ])
})
