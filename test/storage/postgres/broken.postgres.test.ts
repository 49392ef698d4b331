import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { readTarget } from '../../../src/storage/postgres/connection.ts'
import { openPostgresLedger, type PostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { importDriver, openPool } from '../../../src/storage/postgres/pool.ts'
import { type BreakingProxy, startBreakingProxy } from '../../postgres/breaking-proxy.ts'
import { freshUrl, openClient } from '../../postgres/schema.ts'

let proxy: BreakingProxy
let postgres: PostgresLedger
const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
beforeAll(async () => {
  proxy = await startBreakingProxy(freshUrl())
  postgres = await openPostgresLedger(proxy.url, { now: () => clock.now })
})
afterAll(async () => {
  await postgres.close()
  await proxy.close()
})

let count = 0
const eventOf = (): NewEvent => {
  count++
  return {
    mchid: `m${count}`,
    api: 'v3',
    id: `EV-${count}`,
    event: 'TRANSACTION.SUCCESS',
    resource: '{"out_trade_no":"T1"}',
    subject: `s${count}`,
    dedupeKey: `k${count}`,
    source: 'notification',
    createdAt: count,
    nonce: `nonce-${count}`,
    endpoints: ['shop', 'other'],
  }
}

/**
 * Statements of `recordEvent`, each of which the connection may not survive. A statement that was prepared goes by its
 * name, its values by their text.
 */
const STEPS = ['begin', 'commit', 'EV-', 'out_trade_no', 'shop', 'other', 'notifications', 'recorded'] as const

test.each(STEPS.flatMap(text => (['before', 'after'] as const).map(when => [text, when] as const)))(
  'an event is recorded once although the connection breaks at %s, %s the server has it',
  async (text, when) => {
    const { ledger } = postgres
    const event = eventOf()
    proxy.breakAt(text === 'EV-' ? event.id : text, 1, when)
    const recorded = await ledger.recordEvent(event)
    expect(proxy.hasBroken()).toBe(true)
    expect(recorded).toMatchObject({ outcome: 'recorded', deliveries: [expect.any(Number), expect.any(Number)] })
    expect(await ledger.events(event.mchid, { limit: 5 })).toMatchObject([{ repeats: 0 }])
    const deliveries = await ledger.deliveries(event.mchid, { limit: 5 })
    expect(deliveries.map(({ id }) => id).reverse()).toEqual(recorded.deliveries)
  },
)

test.each(['before', 'after'] as const)('an attempt is recorded once although its commit breaks %s', async when => {
  const { ledger } = postgres
  const event = eventOf()
  const [id] = (await ledger.recordEvent(event)).deliveries
  await ledger.claimDelivery(id!, 'owner')
  proxy.breakAt('commit', 1, when)
  await ledger.recordAttempt(id!, { tries: 0, at: clock.now, ms: 1, status: 500, result: clock.now + 5 })
  expect(proxy.hasBroken()).toBe(true)
  const delivery = await ledger.delivery(event.mchid, id!)
  expect([delivery?.tries, delivery?.attempts.length]).toEqual([1, 1])
})

test.each(['before', 'after'] as const)('a claim whose commit breaks %s belongs to its owner', async when => {
  const { ledger } = postgres
  const [id] = (await ledger.recordEvent(eventOf())).deliveries
  proxy.breakAt('commit', 1, when)
  expect((await ledger.claimDelivery(id!, 'owner')).kind).toBe('claimed')
  expect(proxy.hasBroken()).toBe(true)
  expect((await ledger.claimDelivery(id!, 'another')).kind).toBe('later')
})

test.each(['before', 'after'] as const)('a call whose beginning breaks %s is sent once', async when => {
  const { ledger } = postgres
  count++
  const call = {
    id: `R-${count}`,
    caller: `c${count}`,
    mchid: 'm',
    method: 'POST',
    path: '/',
    numbers: {},
    amount: null,
    key: 'k',
    hash: 'h',
  }
  proxy.breakAt('commit', 1, when)
  expect(await ledger.beginCall(call)).toEqual({ outcome: 'send', isInDoubt: false })
  expect(proxy.hasBroken()).toBe(true)
  expect(await ledger.beginCall({ ...call, id: 'R-other' })).toEqual({ outcome: 'running' })
  expect(await ledger.calls(call.caller, { limit: 5 })).toHaveLength(1)
})

test('a connection that breaks while it is in use fails its statement, and no error is left that would end the process', async () => {
  const target = readTarget(freshUrl())
  const pool = openPool(await importDriver(), target, target.client)
  const connection = await pool.connect()
  const ended = new Promise(resolve => connection.once('end', resolve as () => void))
  const { rows } = await connection.query('select pg_backend_pid() as pid')
  const other = await openClient(freshUrl())
  await other.query('select pg_terminate_backend($1)', [rows[0].pid])
  await ended
  await expect(connection.query('select 1')).rejects.toThrow()
  connection.release(true)
  await other.end()
  await pool.end()
})
