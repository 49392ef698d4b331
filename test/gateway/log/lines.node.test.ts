import { expect, test } from 'vitest'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import { createLog } from '../../../src/gateway/index.ts'
import { createTestGateway, json, payOrder, type TestGateway } from '../test-gateway.ts'

/** A gateway whose lines are those of the default log level. */
async function logging(): Promise<{ one: TestGateway; lines: () => Record<string, unknown>[]; text: () => string }> {
  const written: string[] = []
  const one = await createTestGateway({ log: createLog({ level: 'info', write: line => written.push(line) }) })
  return { one, lines: () => written.map(line => JSON.parse(line)), text: () => written.join('\n') }
}

test('at the default log level a payment leaves a line when it is notified and one when it is delivered', async () => {
  const { one, lines, text } = await logging()
  await payOrder(one, 'T100001')
  await one.drain()
  const { mchid } = one.simulator.merchant
  const { id } = one.simulator.notifications[0]!
  const [row] = await one.ledger.events(mchid, { limit: 1 })
  expect(lines().map(({ event }) => event)).toEqual(['call', 'notification', 'delivery'])
  expect(lines()[1]).toEqual({
    time: expect.any(String),
    level: 'info',
    event: 'notification',
    mchid,
    type: 'TRANSACTION.SUCCESS',
    id,
    outcome: 'recorded',
  })
  expect(lines()[2]).toEqual({
    time: expect.any(String),
    level: 'info',
    event: 'delivery',
    mchid,
    endpoint: 'shop',
    delivery: 1,
    seq: row!.seq,
    attempt: 1,
    outcome: 'delivered',
    status: 204,
    ms: expect.any(Number),
  })
  // None of them names the payer or the order.
  const { payer, transaction_id } = one.simulator.order('T100001') as unknown as {
    payer: { openid: string }
    transaction_id: string
  }
  for (const personal of [payer.openid, transaction_id, 'T100001', row!.subject!])
    expect(text()).not.toContain(personal)
})

test('an event that comes again leaves a line that says so', async () => {
  const { one, lines } = await logging()
  await payOrder(one, 'T100001')
  await one.simulator.notify.repeat(one.simulator.notifications[0]!.id)
  expect(lines().map(({ event, outcome }) => [event, outcome])).toEqual([
    ['call', undefined],
    ['notification', 'recorded'],
    ['notification', 'duplicate'],
  ])
})

test('a call that is refused leaves a line', async () => {
  const { one, lines } = await logging()
  await one.call('/v3/pay/transactions/native', json({ out_trade_no: '9'.repeat(200) }))
  const { mchid } = one.simulator.merchant
  expect(lines()).toMatchObject([{ event: 'refused', code: 'BODY_INVALID', caller: 'shop', mchid }])
})

test('a request that is refused leaves a line with its caller and its merchant as soon as these are known', async () => {
  const { one, lines } = await logging()
  const { mchid } = one.simulator.merchant
  const limited = {
    name: 'limited',
    credential: { tokens: [] },
    allow: ['POST /v3/**', 'POST /admin/**'],
    maxAmount: 1,
  }
  const known = await one.restart({ authenticate: async () => ({ ...limited, merchants: [mchid] }) })
  const stranger = await one.restart({ authenticate: createAuthenticate([]) })
  const native = (more: object) => json({ mchid, out_trade_no: 'T1', description: '茶', ...more })
  await stranger.call('/v3/pay/transactions/native', native({}))
  await known.call('/v3/pay/transactions/native', { ...native({}), method: 'PUT' })
  await known.call('/v3/pay/transactions/native', { ...native({}), headers: { 'content-type': 'text/plain' } })
  await known.call('/v3/pay/transactions/native', native({ amount: { total: 2 } }))
  await known.call('/admin/sweep', json({}))
  await known.call(`/admin/merchants/${mchid}/events/x/resend`, json({}))
  expect(lines().map(({ code, caller, mchid }) => [code, caller, mchid])).toEqual([
    ['UNAUTHENTICATED', undefined, undefined],
    ['FORBIDDEN', 'limited', undefined],
    ['CONTENT_TYPE_INVALID', 'limited', undefined],
    ['AMOUNT_OVER_CAP', 'limited', mchid],
    ['FORBIDDEN', 'limited', undefined],
    ['NOT_FOUND', 'limited', undefined],
  ])
})
