import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { openPostgresLedger, type PostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { eventOf as newEventOf } from '../../gateway/store/cases.ts'
import { freshUrl, openClient, waitsFor } from '../../postgres/schema.ts'

/** Two processes with one ledger. */
let processes: PostgresLedger[]
let url: string
const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
beforeAll(async () => {
  url = freshUrl({ pool: '8' })
  processes = [
    await openPostgresLedger(url, { now: () => clock.now }),
    await openPostgresLedger(url, { now: () => clock.now }),
  ]
})
afterAll(async () => {
  for (const { close } of processes) await close()
})

let count = 0
/** An event of a merchant of its own. */
const eventOf = (more: Partial<NewEvent> = {}): NewEvent => newEventOf({ mchid: `m${++count}`, ...more })
/** Runs work many times at once, in both processes in turn. */
const together = <T>(times: number, work: (ledger: PostgresLedger['ledger'], at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, at) => work(processes[at % 2]!.ledger, at)))
const record = async (more: Partial<NewEvent> = {}) => {
  const [id] = (await processes[0]!.ledger.recordEvent(eventOf(more))).deliveries
  return id!
}

test('processes reserve different deliveries; each claims its own, and nobody those of another', async () => {
  const { mchid } = eventOf()
  for (let at = 0; at < 30; at++) await record({ mchid, endpoints: ['shop', 'other'] })
  const [first, second] = await together(2, ledger => ledger.reserveDueDeliveries(mchid, clock.now, 20, { other: 5 }))
  const ids = [...first!, ...second!].map(({ id }) => id)
  // All 30 of one endpoint, and five for each process of the other.
  expect([ids.length, new Set(ids).size]).toEqual([40, 40])
  const own = first![0]!.id
  expect((await processes[1]!.ledger.claimDelivery(own, 'b')).kind).toBe('later')
  expect((await processes[0]!.ledger.claimDelivery(own, 'a')).kind).toBe('claimed')
  expect((await processes[0]!.ledger.claimDelivery(own, 'c')).kind).toBe('later')
  // A process that has died gives its deliveries up after some seconds.
  clock.now += 5_000
  expect((await processes[1]!.ledger.claimDelivery(first![1]!.id, 'b')).kind).toBe('claimed')
})

test('attempts that wait for the circuit of their endpoint leave connections to notifications', async () => {
  const { mchid } = eventOf()
  const ids: number[] = []
  for (let at = 0; at < 8; at++) ids.push(await record({ mchid }))
  const ownUrl = new URL(url)
  ownUrl.searchParams.set('pool', '3')
  ownUrl.searchParams.set('lock_timeout', '60000')
  ownUrl.searchParams.set('statement_timeout', '60000')
  const own = await openPostgresLedger(String(ownUrl), { now: () => clock.now })
  const [client, observer] = [await openClient(url), await openClient(url)]
  await client.query('begin')
  await client.query("insert into circuit (mchid, endpoint, failures, since) values ($1, 'shop', 1, 1)", [mchid])
  let ended = 0
  const attempts = ids.map(async id => {
    await own.ledger.recordAttempt(id, { tries: 0, at: 1, ms: 1, result: clock.now + 1_000, isOutage: true })
    ended++
  })
  await expect.poll(async () => (await waitsFor(client, observer)).length).toBeGreaterThan(1)
  expect((await own.ledger.recordEvent(eventOf())).outcome).toBe('recorded')
  expect(ended).toBe(0)
  await client.query('commit')
  await Promise.all(attempts)
  await Promise.all([client.end(), observer.end()])
  await own.close()
})

test('a reader of events passes none over whose transaction ends after that of a later one', async () => {
  const { mchid } = eventOf()
  const [{ ledger }] = processes as [PostgresLedger]
  const { position: start } = await ledger.eventsAfter(mchid, { limit: 10, maxLength: 1_000 })
  // A writer as the store is, which is slow to commit.
  const slow = await openClient(url)
  await slow.query('begin')
  await slow.query(
    `select pg_advisory_xact_lock_shared(hashtext('wechatpay-edge writers ' || current_schema()),
       (case when is_called then last_value else 0 end % 2147483648)::int) from event_seq_seq`,
  )
  await slow.query(
    `insert into event (webhook_id, mchid, id, api, event, resource, source, created_at, received_at, retained_since, nonces)
     values ('evt_slow', $1, 'slow', 'v3', 'X', '{}', 'query', 1, 1, 1, '[]')`,
    [mchid],
  )
  await ledger.recordEvent(eventOf({ mchid, id: 'fast' }))
  const read = (after: typeof start) => ledger.eventsAfter(mchid, { after, limit: 10, maxLength: 1_000 })
  const before = await read(start)
  expect([before.rows.map(({ id }) => id), before.position]).toEqual([[], start])
  expect((await ledger.eventsAfter(mchid, { limit: 1, maxLength: 1 })).position).toEqual(start)
  await slow.query('commit')
  await slow.end()
  expect((await read(before.position)).rows.map(({ id }) => id)).toEqual(['slow', 'fast'])
})

test('one process at a time does what is to be done alone, until its connection ends', async () => {
  const steps: string[] = []
  let end: () => void = () => {}
  const ended = new Promise<void>(resolve => (end = resolve))
  let work: Promise<boolean> | undefined
  await new Promise<void>(begin => {
    work = processes[0]!.runExclusively(() => {
      begin()
      return ended
    })
  })
  expect(await processes[1]!.runExclusively(async () => steps.push('early'))).toBe(false)
  end()
  expect(await work).toBe(true)
  await expect.poll(() => processes[1]!.runExclusively(async () => steps.push('late'))).toBe(true)
  expect(steps).toEqual(['late'])
})

test('a process wakes the others, and not itself', async () => {
  const woken = [0, 0]
  for (const [at, { wakeups }] of processes.entries()) wakeups.listen(() => woken[at]!++)
  // Each is called once when it listens.
  await expect.poll(() => woken).toEqual([1, 1])
  for (let at = 0; at < 5; at++) processes[0]!.wakeups.wake()
  await expect.poll(() => woken).toEqual([1, 2])
  // Notifications arrive in order: this one comes after those that the process has sent itself.
  processes[1]!.wakeups.wake()
  await expect.poll(() => woken[0]).toBeGreaterThan(1)
  expect(woken).toEqual([2, 2])
})

test('the clock and the write probe have one row each, although many calls write them first at once', async () => {
  const ownUrl = freshUrl({ pool: '8' })
  const own = await openPostgresLedger(ownUrl)
  await Promise.all(Array.from({ length: 10 }, () => own.ledger.probeWrite()))
  const client = await openClient(ownUrl)
  const { rows } = await client.query(
    'select (select count(*) from clock) as clocks, (select count(*) from write_probe) as probes',
  )
  expect(rows).toEqual([{ clocks: 1, probes: 1 }])
  await client.end()
  await own.close()
})
