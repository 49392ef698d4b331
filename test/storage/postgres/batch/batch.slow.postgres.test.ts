import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { MIN_OUTAGE } from '../../../../src/gateway/store/delivery/circuits.ts'
import type { NewEvent } from '../../../../src/gateway/store/event/events.ts'
import { openPostgresLedger, type PostgresLedger } from '../../../../src/storage/postgres/ledger.ts'
import { type BreakingProxy, startBreakingProxy } from '../../../postgres/breaking-proxy.ts'
import { freshUrl, openClient } from '../../../postgres/schema.ts'

const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
const url = freshUrl()
let proxy: BreakingProxy
let postgres: PostgresLedger
/** Another process, with a connection that does not break. */
let other: PostgresLedger
let client: Awaited<ReturnType<typeof openClient>>
beforeAll(async () => {
  proxy = await startBreakingProxy(url)
  postgres = await openPostgresLedger(proxy.url, { now: () => clock.now })
  other = await openPostgresLedger(url, { now: () => clock.now })
  client = await openClient(url)
})
afterAll(async () => {
  await client.end()
  await postgres.close()
  await other.close()
  await proxy.close()
})

let count = 0
const nextMerchant = (): string => `m${++count}`
const eventOf = (mchid: string, at: number, more: Partial<NewEvent> = {}): NewEvent => ({
  mchid,
  api: 'v3',
  id: `EV-${at}`,
  event: 'TRANSACTION.SUCCESS',
  resource: JSON.stringify({ out_trade_no: `T${at}` }),
  subject: `s${at}`,
  dedupeKey: `k${at}`,
  source: 'notification',
  createdAt: clock.now + at,
  nonce: `nonce-${at}`,
  endpoints: ['shop', 'other'],
  ...more,
})
const eventsOf = (mchid: string, length: number): NewEvent[] => Array.from({ length }, (_, at) => eventOf(mchid, at))
const recordAll = (events: readonly NewEvent[], { ledger } = postgres) =>
  Promise.all(events.map(event => ledger.recordEvent(event)))
/** Transactions that have written the events of a merchant. */
const commitsOf = async (mchid: string): Promise<number> => {
  const { rows } = await client.query('select count(distinct xmin::text)::int as n from event where mchid = $1', [
    mchid,
  ])
  return rows[0].n
}
/** A text that does not fit into an index, however it is compressed. */
const tooLong = (): string => randomBytes(6_000).toString('hex')

test('events that arrive together share commits, and each has its own number and deliveries', async () => {
  const { ledger } = postgres
  const mchid = nextMerchant()
  const results = await recordAll(eventsOf(mchid, 40))
  expect(await commitsOf(mchid)).toBeLessThan(10)
  expect(new Set(results.map(({ seq }) => seq)).size).toBe(40)
  for (const [at, { outcome, seq, deliveries }] of results.entries()) {
    expect(outcome).toBe('recorded')
    expect(await ledger.event(mchid, seq)).toMatchObject({
      id: `EV-${at}`,
      subject: `s${at}`,
      created_at: clock.now + at,
    })
    const rows = await ledger.deliveries(mchid, { seq, limit: 5 })
    expect(rows.map(({ id, endpoint }) => [id, endpoint]).reverse()).toEqual([
      [deliveries[0], 'shop'],
      [deliveries[1], 'other'],
    ])
    expect((await ledger.searchEvents(mchid, { number: `T${at}`, limit: 5 })).rows).toMatchObject([{ seq }])
  }
})

test('events of one second and subject that arrive together are delivered in the order of their arrival', async () => {
  const mchid = nextMerchant()
  const events = [9, 10, 2, 30, 1].map(at =>
    eventOf(mchid, at, { subject: 's', createdAt: clock.now, endpoints: ['shop'] }),
  )
  const ids = (await recordAll(events)).map(({ deliveries }) => deliveries[0]!)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  const claims = await Promise.all(ids.map((id, at) => postgres.ledger.claimDelivery(id, `owner ${at}`)))
  expect(claims.map(({ kind }) => kind)).toEqual(['claimed', 'blocked', 'blocked', 'blocked', 'blocked'])
})

test('an event that the database cannot store fails alone, with its own error', async () => {
  const mchid = nextMerchant()
  const events = eventsOf(mchid, 20).map((event, at) => (at === 7 ? { ...event, subject: tooLong() } : event))
  const results = await Promise.allSettled(events.map(event => postgres.ledger.recordEvent(event)))
  const refused = results.flatMap((result, at) => (result.status === 'rejected' ? [[at, result.reason.code]] : []))
  expect(refused).toEqual([[7, 'LEDGER_VALUE_REFUSED']])
  expect(await postgres.ledger.events(mchid, { limit: 50 })).toHaveLength(19)
})

test.each(['before', 'after'] as const)(
  'events of a batch whose commit breaks %s the server has it are recorded once',
  async when => {
    const mchid = nextMerchant()
    proxy.breakAt('commit', 1, when)
    const results = await recordAll(eventsOf(mchid, 30))
    expect(proxy.hasBroken()).toBe(true)
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['recorded']))
    const rows = await postgres.ledger.events(mchid, { limit: 50 })
    expect(rows.map(({ id, repeats }) => [id, repeats]).sort()).toEqual(
      eventsOf(mchid, 30)
        .map(({ id }) => [id, 0])
        .sort(),
    )
    for (const [at, { seq, deliveries }] of results.entries()) {
      expect(rows.find(row => row.seq === seq)?.id).toBe(`EV-${at}`)
      const ids = (await postgres.ledger.deliveries(mchid, { seq, limit: 5 })).map(({ id }) => id)
      expect(ids.reverse()).toEqual(deliveries)
    }
  },
)

test('a batch whose connection breaks in the commit, and whose event is refused then, records the others once', async () => {
  const mchid = nextMerchant()
  proxy.breakAt('commit', 1, 'after')
  const events = [...eventsOf(mchid, 5), eventOf(mchid, 9, { subject: tooLong() })]
  const results = await Promise.allSettled(events.map(event => postgres.ledger.recordEvent(event)))
  const recorded = results.filter(({ status }) => status === 'fulfilled').length
  expect(await postgres.ledger.events(mchid, { limit: 50 })).toHaveLength(recorded)
  expect(results.at(-1)).toMatchObject({ reason: { code: 'LEDGER_VALUE_REFUSED' } })
})

type Query = (this: object, ...given: unknown[]) => Promise<unknown>
/** Replaces the way in which the driver sends the next `commit`. */
function replaceNextCommit(commit: (query: (text: string) => Promise<unknown>) => Promise<unknown>): void {
  const driver = pg.Client.prototype as unknown as { query: Query }
  const { query } = driver
  const restore = () => void Object.assign(driver, { query })
  onTestFinished(restore)
  driver.query = function (...given) {
    if (given[0] !== 'commit') return query.apply(this, given)
    restore()
    return commit(text => query.call(this, text))
  }
}

test('the events of a batch whose commit the driver misreads are recorded once, and their calls fail', async () => {
  const mchid = nextMerchant()
  replaceNextCommit(async query => {
    await query('commit')
    throw new TypeError('no such member')
  })
  const results = await Promise.allSettled([postgres.ledger.recordEvent(eventOf(mchid, 1))])
  expect(results).toMatchObject([{ status: 'rejected', reason: expect.any(TypeError) }])
  expect(await postgres.ledger.events(mchid, { limit: 5 })).toMatchObject([{ id: 'EV-1', repeats: 0 }])
})

test('the events of a batch whose commit the server answers with ROLLBACK are recorded all the same, once', async () => {
  const mchid = nextMerchant()
  let command: unknown
  replaceNextCommit(async query => {
    await query('select 1 / 0').catch(() => {})
    const result = (await query('commit')) as { command: string }
    command = result.command
    return result
  })
  const results = await recordAll(eventsOf(mchid, 3))
  expect(command).toBe('ROLLBACK')
  expect(results.map(({ outcome }) => outcome)).toEqual(Array(3).fill('recorded'))
  expect(await postgres.ledger.events(mchid, { limit: 5 })).toHaveLength(3)
})

test('transmissions of one event, copies of them and an event with the same dedupe key in one batch count as one by one', async () => {
  const mchid = nextMerchant()
  const event = eventOf(mchid, 1)
  const results = await recordAll([
    event,
    { ...event, nonce: 'second' },
    event,
    eventOf(mchid, 2, { dedupeKey: event.dedupeKey, source: 'query', nonce: null }),
  ])
  expect(results.map(({ outcome }) => outcome).sort()).toEqual(['duplicate', 'duplicate', 'recorded', 'replayed'])
  expect(new Set(results.map(({ seq }) => seq)).size).toBe(1)
  expect(await postgres.ledger.events(mchid, { limit: 5 })).toMatchObject([{ repeats: 2 }])
})

test('two processes that get the same events in opposite order record each once, and refuse none', async () => {
  const mchid = nextMerchant()
  const events = eventsOf(mchid, 50)
  const again = events.map(event => ({ ...event, nonce: `again ${event.nonce}` })).reverse()
  const [first, second] = await Promise.all([recordAll(events), recordAll(again, other)])
  second.reverse()
  for (const [at, { outcome, seq }] of first.entries()) {
    expect([outcome, second[at]!.outcome].sort()).toEqual(['duplicate', 'recorded'])
    expect(second[at]!.seq).toBe(seq)
  }
})

test('an event whose row another transaction holds delays the others for less than that', async () => {
  const mchid = nextMerchant()
  await client.query('begin')
  await client.query(
    `insert into event (mchid, id, api, event, resource, source, created_at, received_at, nonces, webhook_id, retained_since)
     values ($1, 'EV-3', 'v3', 'X', '{}', 'notification', 1, 1, '[]', 'evt_held', 1)`,
    [mchid],
  )
  let isHeld = true
  const ended = postgres.ledger.recordEvent(eventOf(mchid, 3)).then(({ outcome }) => ({ outcome, isHeld }))
  ended.catch(() => {})
  const results = await recordAll([eventOf(mchid, 1), eventOf(mchid, 2)])
  expect(results.map(({ outcome }) => outcome)).toEqual(['recorded', 'recorded'])
  isHeld = false
  await client.query('rollback')
  expect(await ended).toEqual({ outcome: 'recorded', isHeld: false })
})

test('events whose statement takes too long are refused, and not tried again, which would add to the load', async () => {
  const slowUrl = freshUrl({ statement_timeout: '1500' })
  const slow = await openPostgresLedger(slowUrl, { now: () => clock.now })
  const observer = await openClient(slowUrl)
  // A sequence keeps its number when a transaction is rolled back.
  await observer.query(`
    create sequence tried;
    create function slow() returns trigger language plpgsql as $$ begin perform nextval('tried'), pg_sleep(30); return new; end $$;
    create trigger slow before insert on event for each statement execute function slow()`)
  const results = await Promise.allSettled(eventsOf('m', 3).map(event => slow.ledger.recordEvent(event)))
  expect(results.map(result => result.status === 'rejected' && result.reason.code)).toEqual(
    Array(3).fill('LEDGER_OVERLOADED'),
  )
  const { rows } = await observer.query('select last_value from tried')
  expect(rows[0].last_value).toBe(1)
  await observer.end()
  await slow.close()
})

test('characters that a text cannot contain are replaced in a batch as they are alone', async () => {
  const mchid = nextMerchant()
  const strange = { event: 'A\0B', traceparent: 'x\ud800y', resource: '{"a":"\\u0000\\ud800"}' }
  const [alone] = await recordAll([eventOf(mchid, 1, { ...strange, isQuestion: true })])
  const [batched] = await recordAll([eventOf(mchid, 2, strange)])
  const { rows } = await client.query(
    'select event, traceparent, resource from event where seq = any ($1) order by seq',
    [[alone!.seq, batched!.seq]],
  )
  expect(rows[1]).toEqual(rows[0])
  expect(rows[1]).toEqual({ event: 'A\u{fffd}B', traceparent: 'x\u{fffd}y', resource: strange.resource })
})

test('deliveries that are claimed together belong to their owners; what is blocked, not due or done stays so', async () => {
  const { ledger } = postgres
  const mchid = nextMerchant()
  const endpoints = ['shop']
  const events = [
    ...[0, 1, 2, 3].map(at => eventOf(mchid, at, { endpoints })),
    eventOf(mchid, 4, { endpoints, subject: 's3' }),
  ]
  const ids = (await recordAll(events)).map(({ deliveries }) => deliveries[0]!)
  await ledger.claimDelivery(ids[1]!, 'first')
  await ledger.recordAttempt(ids[1]!, { tries: 0, at: 1, ms: 1, status: 204, result: 'delivered', isOutage: false })
  await ledger.claimDelivery(ids[2]!, 'first')
  const claims = await Promise.all(ids.map((id, at) => ledger.claimDelivery(id, `owner ${at}`)))
  expect(claims.map(({ kind }) => kind)).toEqual(['claimed', 'done', 'later', 'claimed', 'blocked'])
  expect(claims[0]).toMatchObject({
    delivery: { id: ids[0], mchid, endpoint: 'shop', subject: 's0', tries: 0, state: 'pending' },
    event: { id: 'EV-0', mchid, resource: events[0]!.resource, webhook_id: expect.stringMatching(/^evt_/) },
  })
  // The owner that repeats its call has the delivery, and nobody else.
  expect((await ledger.claimDelivery(ids[3]!, 'owner 3')).kind).toBe('claimed')
  expect((await other.ledger.claimDelivery(ids[3]!, 'another')).kind).toBe('later')
})

test('a delivery that many claim at once has one owner', async () => {
  const mchid = nextMerchant()
  const [{ deliveries } = { deliveries: [] }] = await recordAll([eventOf(mchid, 1)])
  const claims = await Promise.all(
    Array.from({ length: 30 }, (_, at) =>
      (at % 2 ? other : postgres).ledger.claimDelivery(deliveries[0]!, `owner ${at}`),
    ),
  )
  expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1)
})

test('attempts that are recorded together end their deliveries, and each names what it has unblocked', async () => {
  const { ledger } = postgres
  const mchid = nextMerchant()
  const endpoints = ['shop']
  const first = await recordAll([0, 1, 2].map(at => eventOf(mchid, at, { endpoints })))
  const behind = await recordAll([0, 1].map(at => eventOf(mchid, 10 + at, { endpoints, subject: `s${at}` })))
  const ids = first.map(({ deliveries }) => deliveries[0]!)
  for (const id of ids) await ledger.claimDelivery(id, 'owner')
  const delivered = { tries: 0, at: clock.now, ms: 1.6, status: 204, result: 'delivered', isOutage: false } as const
  const recorded = await Promise.all(ids.map(id => ledger.recordAttempt(id, delivered)))
  expect(recorded).toEqual([behind[0]!.deliveries, behind[1]!.deliveries, []].map(unblocked => ({ unblocked })))
  for (const id of ids)
    expect(await ledger.delivery(mchid, id)).toMatchObject({
      state: 'delivered',
      tries: 1,
      ended_at: clock.now,
      attempts: [{ at: clock.now, ms: 2, status: 204, error: null }],
    })
})

test.each(['before', 'after'] as const)(
  'attempts of a batch whose commit breaks %s the server has it are recorded once',
  async when => {
    const { ledger } = postgres
    const mchid = nextMerchant()
    const ids = (await recordAll(eventsOf(mchid, 10))).map(({ deliveries }) => deliveries[0]!)
    for (const id of ids) await ledger.claimDelivery(id, 'owner')
    proxy.breakAt('commit', 1, when)
    const delivered = { tries: 0, at: clock.now, ms: 1, status: 204, result: 'delivered', isOutage: false } as const
    await Promise.all(ids.map(id => ledger.recordAttempt(id, delivered)))
    expect(proxy.hasBroken()).toBe(true)
    for (const id of ids)
      expect(await ledger.delivery(mchid, id)).toMatchObject({ state: 'delivered', tries: 1, attempts: [{}] })
  },
)

test('a circuit that is open lets one claim of many through, and a response closes it', async () => {
  const { ledger } = postgres
  const mchid = nextMerchant()
  const ids = (await recordAll(eventsOf(mchid, 12).map(event => ({ ...event, endpoints: ['shop'] })))).map(
    ({ deliveries }) => deliveries[0]!,
  )
  const attempt = { tries: 0, ms: 1, error: 'NETWORK_ERROR', isOutage: true } as const
  for (const id of ids.slice(0, 6)) {
    await ledger.claimDelivery(id, 'owner')
    await ledger.recordAttempt(id, { ...attempt, at: clock.now, result: clock.now + 600_000 })
    clock.now += MIN_OUTAGE / 4
  }
  const claimRest = () => Promise.all(ids.slice(6).map(id => ledger.claimDelivery(id, crypto.randomUUID())))
  expect(new Set((await claimRest()).map(({ kind }) => kind))).toEqual(new Set(['circuit-open']))
  clock.now += 10_000
  const claims = await claimRest()
  expect(claims.map(({ kind }) => kind).sort()).toEqual([...Array(5).fill('circuit-open'), 'claimed'])
  const probe = ids[6 + claims.findIndex(({ kind }) => kind === 'claimed')]!
  const { unblocked, circuit } = await ledger.recordAttempt(probe, {
    tries: 0,
    at: clock.now,
    ms: 1,
    status: 204,
    result: 'delivered',
    isOutage: false,
  })
  expect(unblocked.toSorted((a, b) => a - b)).toEqual(ids.slice(6).filter(id => id !== probe))
  expect(circuit).toBe('closed')
  expect(await ledger.circuits(mchid)).toEqual([])
})
