import { beforeEach, describe, expect, test } from 'vitest'
import { MAX_ATTEMPTS, retryDelayOf } from '../../../src/gateway/delivery/backoff.ts'
import { createTestGateway, killDelivery, payOrder, SECRET, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway({ retryDelayOf: attempt => retryDelayOf(attempt, () => 0.5) })
  mchid = one.simulator.merchant.mchid
})
const types = () => one.shop.received.map(({ body }) => body.type)
const dead = () => one.ledger.deliveries(mchid, { state: 'dead', limit: 10 })
/** Advances the clock to the time at which the next delivery is due. */
const wait = async () => {
  one.clock.now = (await one.ledger.nextDueAt(mchid)) ?? one.clock.now
  for (const { id } of await one.ledger.dueDeliveries(mchid, one.clock.now, 100)) one.jobs.push({ mchid, delivery: id })
  await one.drain()
}

describe('a delivery that fails', () => {
  test('is tried again, later each time, the same to the byte, and given up after more than three days', async () => {
    one.shop.answer = () => new Response('', { status: 503 })
    await payOrder(one, 'T100001')
    const start = one.clock.now
    await one.drain()
    const waits: number[] = []
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      const before = one.clock.now
      await wait()
      waits.push((one.clock.now - before) / 1000)
    }
    expect(waits).toEqual([5, 15, 45, 135, 405, 1215, 3645, 10935, 32805, 86400, 86400, 86400, 86400])
    expect(one.clock.now - start).toBeGreaterThan(3 * 24 * 60 * 60 * 1000)
    expect(await dead()).toMatchObject([{ tries: MAX_ATTEMPTS, state: 'dead' }])
    expect(one.shop.received).toHaveLength(MAX_ATTEMPTS)
    expect(new Set(one.shop.received.map(({ text, id }) => id + text)).size).toBe(1)
    await wait()
    expect(one.shop.received).toHaveLength(MAX_ATTEMPTS)
  })

  test('waits as long as the endpoint asks', async () => {
    one.shop.answer = () => new Response('', { status: 429, headers: { 'retry-after': '600' } })
    await payOrder(one, 'T100001')
    await one.drain()
    expect(await one.ledger.nextDueAt(mchid)).toBe(one.clock.now + 600_000)
  })

  test.each<[string, () => Response | Promise<Response>, string]>([
    ['down', () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })), 'NETWORK_ERROR'],
    [
      'leading elsewhere',
      () => new Response('', { status: 307, headers: { location: 'http://10.0.0.1/' } }),
      'REDIRECTED',
    ],
    ['failing', () => new Response('', { status: 500 }), 'STATUS'],
  ])('because its endpoint is %s is told as %s', async (_, answer, error) => {
    one.shop.answer = answer
    await payOrder(one, 'T100001')
    await one.drain()
    const [row] = await one.ledger.deliveries(mchid, { limit: 1 })
    expect(await one.ledger.delivery(mchid, row!.id)).toMatchObject({ state: 'pending', attempts: [{ error }] })
  })

  test('at a private address is refused, unless that is meant', async () => {
    const endpoint = { name: 'shop', events: ['*'], secrets: [SECRET] }
    one = await createTestGateway({ endpoints: [{ ...endpoint, url: 'https://10.0.0.1/' }] })
    await payOrder(one, 'T100001')
    await one.drain()
    expect(one.shop.received).toEqual([])
    const [row] = await one.ledger.deliveries(mchid, { limit: 1 })
    expect((await one.ledger.delivery(mchid, row!.id))?.attempts).toMatchObject([{ error: 'PRIVATE_ADDRESS' }])
    one = await createTestGateway({ endpoints: [{ ...endpoint, url: 'https://10.0.0.1/', allowPrivate: true }] })
    await payOrder(one, 'T100001')
    await one.drain()
    expect(one.shop.received).toHaveLength(1)
  })

  test('because its endpoint is configured no longer waits for it to come back', async () => {
    await payOrder(one, 'T100001')
    const later = await one.restart({ endpoints: [] })
    await later.gateway.deliver(one.jobs[0]!)
    const [row] = await one.ledger.deliveries(mchid, { limit: 1 })
    expect((await one.ledger.delivery(mchid, row!.id))?.attempts).toMatchObject([{ error: 'ENDPOINT_GONE' }])
  })

  test('that is a dead letter goes out when it is replayed', async () => {
    await payOrder(one, 'T100001')
    await killDelivery(one, one.jobs.shift()!)
    expect(await dead()).toMatchObject([{ tries: 1 }])
    const path = `/admin/merchants/${mchid}/dead/replay`
    expect((await one.call(path, { method: 'POST' })).status).toBe(202)
    await one.drain()
    expect([types(), await dead()]).toEqual([['TRANSACTION.SUCCESS'], []])
  })
})

describe('what is about one transaction goes out in its order', () => {
  const refund = async () => {
    const { transaction_id } = one.simulator.order('T100001')!
    await one.simulator.notify.send({
      url: one.notifyUrl,
      event: 'REFUND.SUCCESS',
      resource: {
        transaction_id,
        out_trade_no: 'T100001',
        out_refund_no: 'R100001',
        refund_id: '5',
        refund_status: 'SUCCESS',
      },
    })
  }

  test('however the outbox shuffles it', async () => {
    await payOrder(one, 'T100001')
    one.clock.now += 1000
    await refund()
    one.jobs.reverse()
    await one.drain()
    expect(types()).toEqual(['TRANSACTION.SUCCESS', 'REFUND.SUCCESS'])
  })

  test('what its endpoint will not take keeps what comes later for half an hour, and not for days', async () => {
    // A handler that breaks at this payment, and at nothing else.
    one.shop.answer = () => {
      const { body } = one.shop.received.at(-1)!
      return new Response(null, { status: body.type === 'TRANSACTION.SUCCESS' ? 500 : 204 })
    }
    await payOrder(one, 'T100001')
    const start = one.clock.now
    await one.drain()
    await refund()
    await one.drain()
    while (!types().includes('REFUND.SUCCESS')) await wait()
    expect([types().length, (one.clock.now - start) / 60_000]).toEqual([8, expect.closeTo(30.3, 1)])
    // The payment is tried on, and arrives when its handler is repaired.
    one.shop.answer = () => new Response(null, { status: 204 })
    await wait()
    expect(types().at(-1)).toBe('TRANSACTION.SUCCESS')
    expect(await one.ledger.depths(mchid)).toMatchObject({ pending: 0, dead: 0 })
  })

  test('what comes later waits for what fails', async () => {
    one.shop.answer = received => new Response('', { status: received < 3 ? 500 : 200 })
    await payOrder(one, 'T100001')
    await one.drain()
    await refund()
    await one.drain()
    expect(types()).toEqual(['TRANSACTION.SUCCESS'])
    await wait()
    await wait()
    expect(types()).toEqual(['TRANSACTION.SUCCESS', 'TRANSACTION.SUCCESS', 'TRANSACTION.SUCCESS', 'REFUND.SUCCESS'])
  })
})

test('a delivery whose outcome the ledger cannot record is logged with its number, and its job is tried again', async () => {
  const recordAttempt = () => Promise.reject(new Error('disk I/O error'))
  const broken = await one.restart({ ledgerOf: () => ({ ...one.ledger, recordAttempt }) })
  await payOrder(broken, 'T100001')
  const { delivery } = broken.jobs[0]!
  await expect(broken.gateway.deliver({ mchid, delivery })).rejects.toThrow('disk I/O error')
  expect(broken.logged.map(line => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ event: 'delivery not possible', mchid, delivery }),
  )
})
