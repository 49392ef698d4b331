import { beforeEach, expect, test } from 'vitest'
import { createTestGateway, payOrder, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway({
    endpoints: ['shop', 'books'].map(name => ({
      name,
      url: `https://${name}.example.com/`,
      events: ['*'],
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    })),
    fetchOf:
      ({ name }) =>
      async () => {
        asked.push(name)
        // Somebody who does not answer takes a while to be found out.
        if (name === 'shop' && answer !== 204) one.clock.now += 2_000
        if (name === 'shop' && answer === 'nobody') throw new TypeError('fetch failed')
        return new Response(null, { status: name === 'shop' ? (answer as number) : 204 })
      },
  })
  mchid = one.simulator.merchant.mchid
  asked = []
  answer = 'nobody'
})
/** Endpoints that were asked, in their order; and how the shop answers. */
let asked: string[]
let answer: 'nobody' | number

const toShop = () => asked.filter(name => name === 'shop').length
/** Deliveries to the shop that wait, and how often each was tried. */
async function waiting(): Promise<number[]> {
  const rows = await one.ledger.deliveries(mchid, { state: 'pending', limit: 100 })
  return rows.filter(({ endpoint }) => endpoint === 'shop').map(({ tries }) => tries)
}
const pay = async (from: number, to: number) => {
  for (let at = from; at < to; at++) await payOrder(one, `T${100_000 + at}`)
  await one.drain()
}

test('an endpoint where nobody is has no attempt spent on it, and another gets everything meanwhile', async () => {
  await pay(0, 20)
  expect(toShop()).toBe(5)
  expect(asked.filter(name => name === 'books')).toHaveLength(20)
  expect((await waiting()).sort()).toEqual([...Array(15).fill(0), ...Array(5).fill(1)])
})

test('a queue that brings a delivery of it is told to forget it, and to give none up', async () => {
  await pay(0, 6)
  const [last] = await one.ledger.deliveries(mchid, { state: 'pending', limit: 1 })
  const job = { mchid, delivery: last!.id }
  for (let turn = 0; turn < 100; turn++) expect(await one.gateway.deliver(job)).toBeUndefined()
  expect(await one.ledger.delivery(mchid, last!.id)).toMatchObject({ state: 'pending', tries: 0, attempts: [] })
})

test('the sweep brings a probe, and once that is answered everything, so that nothing is lost', async () => {
  await pay(0, 20)
  const before = toShop()
  one.clock.now += 31_000
  expect(await one.gateway.sweep()).toMatchObject({ enqueued: 1 })
  await one.drain()
  expect(toShop()).toBe(before + 1)
  answer = 204
  one.clock.now += 31_000
  await one.gateway.sweep()
  await one.drain()
  // Those that have failed themselves keep the time that they had.
  one.clock.now += 60_000
  await one.gateway.sweep()
  await one.drain()
  expect(await waiting()).toEqual([])
})

test('the log has one line when the circuit opens and one when it closes, however often it is probed', async () => {
  const circuitLines = () => one.logged.map(line => JSON.parse(line)).filter(({ event }) => event.startsWith('circuit'))
  await pay(0, 20)
  expect(circuitLines()).toEqual([
    { event: 'circuit opened', mchid, endpoint: 'shop', delivery: expect.any(Number), error: 'NETWORK_ERROR' },
  ])
  const probe = async () => {
    one.clock.now += 31_000
    await one.gateway.sweep()
    await one.drain()
  }
  for (let turn = 0; turn < 3; turn++) await probe()
  expect(circuitLines()).toHaveLength(1)
  answer = 503
  await probe()
  expect(circuitLines()).toHaveLength(1)
  answer = 204
  for (let turn = 0; turn < 3; turn++) await probe()
  expect(circuitLines().slice(1)).toEqual([
    { event: 'circuit closed', mchid, endpoint: 'shop', delivery: expect.any(Number), status: 204 },
  ])
})

test.each([404, 400, 410])(
  'an endpoint that answers %i to all is there: each event has its own schedule',
  async status => {
    answer = status
    await pay(0, 12)
    expect(toShop()).toBe(12)
  },
)

test.each([500, 502, 429])('one that answers %i to all is left alone', async status => {
  answer = status
  await pay(0, 12)
  expect(toShop()).toBe(5)
})
