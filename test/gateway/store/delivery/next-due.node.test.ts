import { expect, test } from 'vitest'
import { openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../../src/storage/sqlite.ts'
import { createRandom } from '../../../load/random.ts'

// The meaning of `nextDue`, without an index.
const PLAIN = `select min(max(due_at, leased_until)) as at from delivery where mchid = 'm' and state = 'pending' and not exists (
  select 1 from delivery as before where before.mchid = 'm' and before.endpoint = 'shop' and before.subject = delivery.subject
    and before.state = 'pending' and before.tries < 7
    and (before.created_at, before.id) < (delivery.created_at, delivery.id))`

test('tells when the next delivery falls due as a query without an index does, after any history', async () => {
  const random = createRandom(7)
  const below = (most: number): number => Math.floor(random() * most)
  const clock = { now: 1000 }
  const database = await openDatabase(':memory:')
  const store = openLedgerStore(database, () => clock.now)
  const ids: number[] = []
  const record = (at: number) =>
    store.recordEvent({
      mchid: 'm',
      api: 'v3',
      id: `e${at}`,
      event: 'X',
      resource: '{}',
      dedupeKey: null,
      nonce: null,
      subject: `s${below(40)}`,
      source: 'notification',
      createdAt: at,
      endpoints: ['shop'],
    }).deliveries
  const seen = new Set<string>()
  for (let at = 0; at < 2000; at++) {
    const id = ids[below(ids.length)]
    const choice = below(10)
    if (id === undefined || choice < 3) ids.push(...record(at))
    else if (choice < 6) store.claimDelivery(id)
    else if (choice < 8) {
      const { tries } = store.delivery('m', id)!
      const result = below(2) ? 'delivered' : clock.now + below(90_000)
      store.recordAttempt(id, { tries, at: clock.now, ms: 1, result })
    } else clock.now += below(20_000)
    const due = database.run<{ at: number | null }>(PLAIN)[0]?.at ?? undefined
    const told = store.nextDueAt('m')
    // Of those that are due already it finds any.
    if (due !== undefined && due <= clock.now) expect(told).toBeLessThanOrEqual(clock.now)
    else expect(told).toBe(due)
    seen.add(due === undefined ? 'nothing' : due > clock.now ? 'later' : 'now')
  }
  expect([...seen].sort()).toEqual(expect.arrayContaining(['later', 'now']))
  database.close()
})

test('reads no leased deliveries while another one is due: a million may be due while an endpoint is down', async () => {
  const database = await openDatabase(':memory:')
  const ran: string[] = []
  const run: typeof database.run = (statement, ...values) => {
    ran.push(statement)
    return database.run(statement, ...values)
  }
  const clock = { now: 1000 }
  const store = openLedgerStore({ ...database, run }, () => clock.now)
  const [first, second] = ['e1', 'e2'].flatMap(
    id =>
      store.recordEvent({
        mchid: 'm',
        api: 'v3',
        id,
        event: 'X',
        resource: '{}',
        dedupeKey: null,
        nonce: null,
        subject: id,
        source: 'notification',
        createdAt: 1,
        endpoints: ['shop'],
      }).deliveries,
  )
  const readsLeased = () => ran.splice(0).some(statement => statement.includes('min(leased_until)'))
  store.claimDelivery(first!)
  ran.length = 0
  expect(store.nextDueAt('m')).toBe(clock.now)
  expect(readsLeased()).toBe(false)
  store.claimDelivery(second!)
  ran.length = 0
  expect(store.nextDueAt('m')).toBeGreaterThan(clock.now)
  expect(readsLeased()).toBe(true)
  database.close()
})
