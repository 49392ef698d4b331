import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewCall } from '../../../src/gateway/store/call/calls.ts'
import { MIN_OUTAGE } from '../../../src/gateway/store/delivery/circuits.ts'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { openPostgresLedger, type PostgresLedger } from '../../../src/storage/postgres/ledger.ts'
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
const eventOf = (more: Partial<NewEvent> = {}): NewEvent => {
  count++
  return {
    mchid: `m${count}`,
    api: 'v3',
    id: `EV-${count}`,
    event: 'TRANSACTION.SUCCESS',
    resource: '{"a":1}',
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: count,
    nonce: `nonce-${count}`,
    endpoints: ['shop'],
    ...more,
  }
}
const callOf = (more: Partial<NewCall> = {}): NewCall => {
  count++
  return {
    id: `R-${count}`,
    caller: 'shop',
    mchid: 'm',
    method: 'POST',
    path: '/v3/x',
    numbers: {},
    amount: 1,
    key: null,
    hash: null,
    ...more,
  }
}
/** Runs work many times at once, in both processes in turn. */
const together = <T>(times: number, work: (ledger: PostgresLedger['ledger'], at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, at) => work(processes[at % 2]!.ledger, at)))
const countsOf = (values: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(values)].map(value => [value, values.filter(other => other === value).length]))
const record = async (more: Partial<NewEvent> = {}) => {
  const [id] = (await processes[0]!.ledger.recordEvent(eventOf(more))).deliveries
  return id!
}

test('an event that arrives many times at once is recorded once, each transmission counts, and a copied one is a replay', async () => {
  const event = eventOf()
  const results = await together(40, (ledger, at) => ledger.recordEvent({ ...event, nonce: `n${at % 20}` }))
  expect(countsOf(results.map(({ outcome }) => outcome))).toEqual({ recorded: 1, duplicate: 19, replayed: 20 })
  expect(new Set(results.map(({ seq }) => seq)).size).toBe(1)
  expect(await processes[1]!.ledger.events(event.mchid, { limit: 5 })).toMatchObject([{ repeats: 19 }])
  expect(await processes[1]!.ledger.deliveries(event.mchid, { limit: 5 })).toHaveLength(1)
})

test('an event that a query and a notification report at once is recorded once', async () => {
  const { mchid } = eventOf()
  const results = await together(20, (ledger, at) =>
    ledger.recordEvent(eventOf({ mchid, dedupeKey: 'PAID/1', id: `other-${at}` })),
  )
  expect(countsOf(results.map(({ outcome }) => outcome))).toEqual({ recorded: 1, duplicate: 19 })
})

test('of many claims of a delivery one succeeds', async () => {
  const id = await record()
  const claims = await together(20, (ledger, at) => ledger.claimDelivery(id, `owner-${at}`))
  expect(countsOf(claims.map(({ kind }) => kind))).toEqual({ claimed: 1, later: 19 })
})

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

test('a reserved delivery that is blocked can be claimed as soon as the one before it has ended', async () => {
  const { mchid } = eventOf()
  const [p, q] = processes.map(({ ledger }) => ledger) as [PostgresLedger['ledger'], PostgresLedger['ledger']]
  const b = await record({ mchid, subject: 's', createdAt: 2 })
  expect(await q.reserveDueDeliveries(mchid, clock.now, 10, {})).toMatchObject([{ id: b }])
  // An earlier event of the same subject arrives late.
  const a = await record({ mchid, subject: 's', createdAt: 1 })
  await p.claimDelivery(a, 'p')
  expect((await q.claimDelivery(b, 'q')).kind).toBe('blocked')
  const attempt = { tries: 0, at: clock.now, ms: 1, status: 200, result: 'delivered' } as const
  expect(await p.recordAttempt(a, attempt)).toEqual({ unblocked: [b] })
  // It is no longer reserved for the other process.
  expect((await p.claimDelivery(b, 'p')).kind).toBe('claimed')
})

test('of many calls with one Idempotency-Key at once one is sent', async () => {
  const calls = Array.from({ length: 20 }, () => callOf({ key: 'k', hash: 'h', caller: 'keyed' }))
  const results = await together(20, (ledger, at) => ledger.beginCall(calls[at]!))
  expect(countsOf(results.map(({ outcome }) => outcome))).toEqual({ send: 1, running: 19 })
  // A key whose call has ended in doubt goes to one of those who follow, too.
  const [sent] = calls.filter((_, at) => results[at]!.outcome === 'send')
  await processes[0]!.ledger.endCall(sent!.id, {
    status: 502,
    code: null,
    wechatpayRequestId: null,
    inDoubt: true,
    response: null,
  })
  const again = await together(20, ledger =>
    ledger.beginCall(callOf({ key: 'k', hash: 'h', caller: 'keyed', isRepeatable: true })),
  )
  expect(countsOf(again.map(({ outcome }) => outcome))).toEqual({ send: 1, running: 19 })
})

test('a rate is one for all processes', async () => {
  const rate = { max: 10, seconds: 5 }
  const waits = await together(60, ledger => ledger.takeToken('limited', rate))
  expect(waits.filter(wait => wait === 0)).toHaveLength(10)
  expect(new Set(waits.filter(wait => wait > 0))).toEqual(new Set([500]))
  clock.now += 1_000
  const later = await together(20, ledger => ledger.takeToken('limited', rate))
  expect(later.filter(wait => wait === 0)).toHaveLength(2)
})

test('a due watch is queried by one process', async () => {
  const { mchid } = eventOf()
  for (let at = 0; at < 10; at++)
    await processes[0]!.ledger.watch({ mchid, kind: 'v3-order', number: `T${at}`, query: {} }, clock.now)
  const claimed = await together(8, ledger => ledger.claimDueWatches(mchid, 10, clock.now + 60_000))
  const ids = claimed.flat().map(({ id }) => id)
  expect([ids.length, new Set(ids).size]).toEqual([10, 10])
})

test('a watch that many calls place at once counts each of them', async () => {
  const watch = { mchid: 'w', kind: 'v3-order', number: 'T1', query: {} }
  await together(12, ledger => ledger.watch(watch, clock.now))
  await together(11, ledger => ledger.releaseWatch(watch, clock.now))
  expect((await processes[0]!.ledger.depths('w')).watched).toEqual({ 'v3-order': 1 })
  await processes[1]!.ledger.releaseWatch(watch, clock.now)
  expect((await processes[0]!.ledger.depths('w')).watched).toEqual({})
})

test('an open circuit is probed by one process', async () => {
  const { mchid } = eventOf()
  const ids: number[] = []
  for (let at = 0; at < 10; at++) ids.push(await record({ mchid }))
  const [{ ledger }] = processes as [PostgresLedger]
  for (const id of ids.slice(0, 5)) {
    await ledger.claimDelivery(id)
    clock.now += MIN_OUTAGE / 4
    const attempt = { tries: 0, at: clock.now, ms: 1, result: clock.now + 3_600_000, isOutage: true }
    await ledger.recordAttempt(id, attempt)
  }
  expect(await ledger.circuits(mchid)).toHaveLength(1)
  clock.now += 10_000
  const claims = await together(5, (other, at) => other.claimDelivery(ids[5 + at]!, `o${at}`))
  expect(countsOf(claims.map(({ kind }) => kind))).toEqual({ claimed: 1, 'circuit-open': 4 })
})

test('failures that are recorded at once are all counted, and each delivery once', async () => {
  const { mchid } = eventOf()
  const ids: number[] = []
  for (let at = 0; at < 12; at++) ids.push(await record({ mchid }))
  const failure = { at: clock.now, ms: 1, result: clock.now + 1_000, isOutage: true }
  await together(12, (ledger, at) => ledger.recordAttempt(ids[at]!, { ...failure, tries: 0 }))
  await processes[0]!.ledger.recordAttempt(ids[3]!, { ...failure, tries: 1 })
  const client = await openClient(url)
  const { rows } = await client.query('select failures from circuit where mchid = $1', [mchid])
  // The last one may have been the fourth delivery, which then does not count again.
  expect([12, 13]).toContain(rows[0]?.failures)
  await client.end()
})

test('of failures that are recorded at once one says that it has opened the circuit, of responses one that it has closed it', async () => {
  const { mchid } = eventOf()
  const ids: number[] = []
  for (let at = 0; at < 24; at++) ids.push(await record({ mchid }))
  const failure = { tries: 0, at: clock.now - MIN_OUTAGE, ms: 1, result: clock.now + 1_000, isOutage: true }
  const failed = await together(12, (ledger, at) => ledger.recordAttempt(ids[at]!, failure))
  expect(failed.flatMap(({ circuit = [] }) => circuit)).toEqual(['opened'])
  const response = { tries: 0, at: clock.now, ms: 1, status: 204, result: 'delivered', isOutage: false } as const
  const delivered = await together(12, (ledger, at) => ledger.recordAttempt(ids[12 + at]!, response))
  expect(delivered.flatMap(({ circuit = [] }) => circuit)).toEqual(['closed'])
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

test('an event that operators send again at once gets one delivery to the endpoint', async () => {
  const event = eventOf({ endpoints: [] })
  const { seq } = await processes[0]!.ledger.recordEvent(event)
  const ids = await together(10, ledger => ledger.resendEvent(event.mchid, seq, ['other']))
  expect(new Set(ids.flat()).size).toBe(1)
})

test('counts of many processes add up', async () => {
  await together(50, ledger => ledger.addCounts([{ name: 'n', labels: { b: '1', a: '2' }, by: 1 }]))
  expect(await processes[1]!.ledger.counters()).toEqual([{ name: 'n', labels: { a: '2', b: '1' }, value: 50 }])
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

test('processes that deliver side by side keep the order within each subject', async () => {
  const { mchid } = eventOf()
  const order = new Map<string, number[]>()
  const expected = new Map<string, number[]>()
  for (let at = 0; at < 40; at++) {
    const subject = `s${at % 4}`
    expected.set(subject, [...(expected.get(subject) ?? []), await record({ mchid, subject })])
  }
  const worker = async ({ ledger }: PostgresLedger, name: string) => {
    for (let round = 0; round < 200; round++) {
      const due = await ledger.reserveDueDeliveries(mchid, clock.now, 3, {})
      for (const { id } of due) {
        const claim = await ledger.claimDelivery(id, `${name}-${round}`)
        if (claim.kind !== 'claimed') continue
        const { subject } = claim.delivery
        order.set(subject!, [...(order.get(subject!) ?? []), id])
        await ledger.recordAttempt(id, { tries: 0, at: clock.now, ms: 1, status: 200, result: 'delivered' })
      }
      if ((await ledger.depths(mchid)).pending === 0) return
    }
  }
  await Promise.all([worker(processes[0]!, 'a'), worker(processes[1]!, 'b'), worker(processes[1]!, 'c')])
  expect(order).toEqual(expected)
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
