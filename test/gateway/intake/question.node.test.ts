import { beforeEach, expect, test } from 'vitest'
import { createTestGateway, payOrder, SHOP, type TestGateway } from '../test-gateway.ts'

// A question of WeChat Pay's shows whether its endpoint works; its answer waits for one call of the ledger.

let one: TestGateway
let mchid: string
/** How the endpoint answers. */
let answer: () => Response
let asked: number
beforeEach(async () => {
  answer = () => {
    throw new TypeError('fetch failed')
  }
  asked = 0
  one = await createTestGateway({
    fetchOf: () => async () => {
      asked++
      // Somebody who does not answer takes a while to be found out.
      one.clock.now += 2_000
      return answer()
    },
  })
  mchid = one.simulator.merchant.mchid
})

const question = (harness = one) =>
  harness.simulator.notify.send({ url: harness.notifyUrl, event: 'PARKING_FEE.QUERY_TRANS_INFO' })

/** Has deliveries find nobody, until the endpoint is left alone. */
async function openCircuit(): Promise<void> {
  for (let at = 0; at < 12; at++) await payOrder(one, `T${100_000 + at}`)
  await one.drain()
  expect(await one.ledger.circuits(mchid)).toMatchObject([{ endpoint: SHOP.name }])
}

test('one that nobody answers does not release the deliveries that wait for its endpoint', async () => {
  await openCircuit()
  const before = asked
  expect(JSON.parse((await question()).responseBody!)).toEqual({ code: 'FAIL', message: 'ENDPOINT_FAILED' })
  expect(await one.ledger.circuits(mchid)).toMatchObject([{ endpoint: SHOP.name }])
  await one.drain()
  expect(asked).toBe(before + 1)
})

test('one that is answered releases them at once', async () => {
  await openCircuit()
  answer = () => Response.json({ fee: 12 })
  expect(JSON.parse((await question()).responseBody!)).toEqual({ fee: 12 })
  await expect.poll(() => one.jobs.length).toBeGreaterThan(5)
  expect(one.logged.map(line => JSON.parse(line))).toContainEqual({
    event: 'circuit closed',
    mchid,
    endpoint: SHOP.name,
    delivery: expect.any(Number),
    status: 200,
  })
  await one.drain()
  const waiting = await one.ledger.deliveries(mchid, { state: 'pending', limit: 100 })
  // Those that have failed themselves keep the time that they had.
  expect(waiting.map(({ tries }) => tries).filter(tries => tries === 0)).toEqual([])
})

test('an answer waits for one call of the ledger, and not for what is written down of it', async () => {
  answer = () => Response.json({ fee: 12 })
  const calls: string[] = []
  const { ledger } = one
  const hanging = new Proxy(ledger, {
    get: (_, name: keyof typeof ledger) => {
      const call = ledger[name] as (...given: unknown[]) => Promise<unknown>
      return (...given: unknown[]) => {
        if (name !== 'addCounts') calls.push(name)
        return name === 'recordAttempt' ? new Promise(() => {}) : call(...given)
      }
    },
  })
  const slow = await one.restart({ ledgerOf: () => hanging })
  expect(JSON.parse((await question(slow)).responseBody!)).toEqual({ fee: 12 })
  expect(calls).toEqual(['recordEvent', 'recordAttempt'])
})

test('a ledger that fails after the answer takes it from nobody, and the log says so', async () => {
  answer = () => Response.json({ fee: 12 })
  const { ledger } = one
  const failing = new Proxy(ledger, {
    get: (_, name: keyof typeof ledger) =>
      name === 'recordAttempt' ? () => Promise.reject(new Error('disk I/O error')) : ledger[name],
  })
  const broken = await one.restart({ ledgerOf: () => failing })
  expect(JSON.parse((await question(broken)).responseBody!)).toEqual({ fee: 12 })
  await expect.poll(() => broken.logged.some(line => line.includes('"failed"'))).toBe(true)
})

test('a question that several endpoints subscribe to has one delivery, to the endpoint that is asked', async () => {
  answer = () => Response.json({ fee: 12 })
  const several = await one.restart({ endpoints: [SHOP, { ...SHOP, name: 'second' }] })
  await question(several)
  const recorded = async () => (await several.ledger.deliveries(mchid, { limit: 10 })).map(({ endpoint }) => endpoint)
  await expect.poll(async () => (await recorded()).length).toBeGreaterThan(0)
  expect(await recorded()).toEqual([SHOP.name])
})
