import process from 'node:process'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WatchRow } from '../../../src/gateway/store/call/watches.ts'
import { type LedgerStore, openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { openBatchedStore, openEmptySql, openPostgresStore } from '../../postgres/open-store.ts'

const mchid = '1900000109'
const START = Date.parse('2026-01-01T00:00:00Z')
const MINUTE = 60_000

let sql: Awaited<ReturnType<typeof openEmptySql>>
beforeAll(async () => {
  sql = await openEmptySql()
})
afterAll(() => sql.close())

/** One of the two stores, with the numbers that it has given. PostgreSQL leaves gaps, so that the same row has other numbers. */
interface Side {
  readonly store: LedgerStore
  readonly seqs: number[]
  readonly deliveries: number[]
}

/** A step of a history. */
type Step = (side: Side, clock: { now: number }, at: number) => unknown

/** Returns the place of a number in the order in which a store has given them. */
function place(numbers: number[], number: number): number {
  if (!numbers.includes(number)) numbers.push(number)
  return numbers.indexOf(number)
}

/** Replaces the numbers of rows by their places, and leaves out ids that are random. */
function comparable(side: Side, value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map(item => comparable(side, item, key))
  if (typeof value === 'number' && key === 'seq') return place(side.seqs, value)
  if (typeof value === 'number' && ['delivery', 'deliveries'].includes(key)) return place(side.deliveries, value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([name]) => !['webhook_id', 'nonces', 'leased_by', 'dedupe_key', 'retained_since', 'traceparent'].includes(name),
  )
  return Object.fromEntries(
    entries.map(([name, member]) => {
      const isDelivery = name === 'id' && 'endpoint' in value
      return [name, comparable(side, member, isDelivery ? 'delivery' : name)]
    }),
  )
}

const moveClock =
  (ms: number): Step =>
  (_, clock) => {
    clock.now += ms
  }

const pick = fc.integer({ min: 0, max: 3 })
const anyDelivery = fc.integer({ min: 0, max: 12 })

const recordEvent = fc
  .record({
    id: fc.integer({ min: 0, max: 9 }),
    nonce: pick,
    dedupe: fc.option(pick),
    subject: fc.option(pick),
    endpoints: fc.subarray(['shop', 'other']),
    isQuestion: fc.boolean(),
    createdAt: pick,
    occurredSince: fc.option(pick),
  })
  .map(
    (given): Step =>
      ({ store }) =>
        store.recordEvent({
          mchid,
          api: 'v3',
          id: `EV-${given.id}`,
          event: given.dedupe === null ? 'X' : 'TRANSACTION.SUCCESS',
          resource: `{"out_trade_no":"T${given.subject}","id":"N${given.id}","amount":{"total":1},"list":[{"refund_id":${given.id}}]}`,
          subject: given.subject === null ? null : `out_trade_no/T${given.subject}`,
          dedupeKey: given.dedupe === null ? null : `K/${given.dedupe}`,
          ...(given.occurredSince !== null && given.dedupe !== null && { occurredSince: given.occurredSince }),
          source: 'notification',
          createdAt: given.createdAt,
          nonce: `n${given.nonce}`,
          endpoints: given.endpoints,
          isQuestion: given.isQuestion && given.dedupe === null,
          settles: [{ kind: 'v3-order', number: `T${given.subject}` }],
        }),
  )

/** Runs a step on a delivery that both stores know, if there is one. */
const onDelivery =
  (step: (store: LedgerStore, id: number, clock: { now: number }) => unknown, which: number): Step =>
  (side, clock) => {
    const id = side.deliveries[which]
    return id === undefined ? undefined : step(side.store, id, clock)
  }

const attempt = fc
  .record({
    which: anyDelivery,
    tries: pick,
    result: fc.constantFrom('delivered', 'dead', 'later'),
    isOutage: fc.constantFrom(true, false, undefined, null),
  })
  .map(({ which, tries, result, isOutage }) =>
    onDelivery((store, id, clock) => {
      const claim = store.claimDelivery(id)
      const known = claim.kind === 'claimed' ? claim.delivery.tries : tries
      const { unblocked, circuit } = store.recordAttempt(id, {
        tries: known,
        at: clock.now,
        ms: 5,
        status: 500,
        isOutage,
        result: result === 'later' ? clock.now + MINUTE : (result as 'delivered' | 'dead'),
      })
      return { kind: claim.kind, deliveries: unblocked, circuit }
    }, which),
  )

const call = fc
  .record({ id: fc.integer({ min: 0, max: 20 }), key: fc.option(pick), hash: fc.boolean(), isRepeatable: fc.boolean() })
  .map(
    (given): Step =>
      ({ store }) =>
        store.beginCall({
          id: `R-${given.id}`,
          caller: 'shop',
          mchid,
          method: 'POST',
          path: '/v3/x',
          numbers: { out_trade_no: 'T' },
          amount: 1,
          key: given.key === null ? null : `k${given.key}`,
          hash: given.key === null ? null : `h${given.hash}`,
          isRepeatable: given.isRepeatable,
        }),
  )
const endCall = fc
  .record({
    id: fc.integer({ min: 0, max: 20 }),
    status: fc.constantFrom(200, 403, 502),
    inDoubt: fc.boolean(),
    isKept: fc.boolean(),
  })
  .map(
    ({ id, status, inDoubt, isKept }): Step =>
      ({ store }) =>
        store.endCall(`R-${id}`, {
          status,
          code: null,
          wechatpayRequestId: 'W',
          inDoubt,
          response: isKept ? { status, headers: {}, body: '{}' } : null,
        }),
  )

const byNumber = (a: WatchRow, b: WatchRow): number => (a.number < b.number ? -1 : 1)
/** SQLite gives the number of a watch that has ended to another one. */
const withoutId = ({ id: _, ...row }: WatchRow): object => row
const watched = (number: number) => ({ mchid, kind: 'v3-order', number: `T${number}` })
const watches = fc.oneof(
  fc.tuple(pick, pick, fc.option(pick)).map(
    ([number, query, expiry]): Step =>
      ({ store }, clock) =>
        store.watch(
          {
            ...watched(number),
            query: { q: `${query}` },
            ...(expiry !== null && { expiresAt: START + expiry * MINUTE }),
          },
          clock.now,
        ),
  ),
  pick.map(
    (number): Step =>
      ({ store }, clock) =>
        store.releaseWatch(watched(number), clock.now),
  ),
  pick.map(
    (number): Step =>
      ({ store }) =>
        store.recordUnanswered(watched(number)),
  ),
  pick.map(
    (number): Step =>
      ({ store }) =>
        store.acceptWatch({ ...watched(number), query: { q: 'accepted' } }),
  ),
  fc.tuple(fc.boolean(), fc.boolean()).map(
    ([isDoubtful, isSeen]): Step =>
      ({ store }, clock) => {
        // The order of lanes is random.
        const claimed = [...store.claimDueWatches(mchid, 10, clock.now + MINUTE)].sort(byNumber)
        const next = claimed.at(0)
        if (next) store.rescheduleQuery(next.id, clock.now + MINUTE, { outcome: 'open', isDoubtful, isSeen })
        return claimed.map(withoutId)
      },
  ),
  fc.constant<Step>(({ store }) => [...store.watchesInDoubt(mchid, { limit: 5 })].sort(byNumber).map(withoutId)),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: recordEvent },
  { weight: 4, arbitrary: attempt },
  {
    weight: 2,
    arbitrary: anyDelivery.map(which => onDelivery((store, id) => store.claimDelivery(id, 'owner'), which)),
  },
  { weight: 1, arbitrary: anyDelivery.map(which => onDelivery((store, id) => store.replayDelivery(mchid, id), which)) },
  { weight: 1, arbitrary: anyDelivery.map(which => onDelivery((store, id) => store.delivery(mchid, id), which)) },
  { weight: 3, arbitrary: call },
  { weight: 2, arbitrary: endCall },
  { weight: 4, arbitrary: watches },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 * MINUTE }).map(moveClock) },
  { weight: 1, arbitrary: fc.constant(moveClock(-5 * MINUTE)) },
  {
    weight: 1,
    arbitrary: pick.map(
      (n): Step =>
        ({ store }) =>
          store.takeToken('shop', { max: 2 + n, seconds: 60 }),
    ),
  },
  {
    weight: 1,
    arbitrary: pick.map(
      (n): Step =>
        ({ store }) =>
          store.addCounts([{ name: 'n', labels: { b: `${n}`, a: '' }, by: 0.5 }]),
    ),
  },
  {
    weight: 1,
    arbitrary: pick.map(
      (n): Step =>
        ({ store }) =>
          store.recordFault(mchid, 'notifications', `C${n}`),
    ),
  },
)

/** All that the store shows of itself. */
const shown = ({ store }: Side, now: number) => ({
  events: store.events(mchid, { limit: 50 }),
  found: [0, 1, 2, 3].map(number => store.searchEvents(mchid, { number: `T${number}`, limit: 50 }).rows.length),
  refunds: store.searchEvents(mchid, { number: '3', limit: 50 }).rows.length,
  rows: store.deliveries(mchid, { limit: 50 }),
  due: store.dueDeliveries(mchid, now, 50).map(({ endpoint, due_at }) => [endpoint, due_at]),
  next: store.nextDueAt(mchid),
  circuits: store.circuits(mchid),
  calls: store.calls('shop', { limit: 50 }).map(({ seq: _, ...row }) => row),
  depths: store.depths(mchid),
  counters: store.counters(),
  faults: store.faults(mchid),
  purged: store.purge(now + 1, 50),
  kept: store.events(mchid, { limit: 50 }),
  left: store.deliveries(mchid, { limit: 50 }),
  numbers: [0, 1, 2, 3].map(number => store.searchEvents(mchid, { number: `T${number}`, limit: 50 }).rows.length),
  after: store.eventsAfter(mchid, { after: { at: 0 }, limit: 50, maxLength: 1_000_000 }).rows.length,
})

test.each([
  ['PostgreSQL', openPostgresStore],
  ['PostgreSQL in batches', openBatchedStore],
] as const)('random histories have the same results on SQLite and on %s', async (_, open) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async steps => {
      sql.empty()
      const database = await openDatabase(':memory:')
      const clocks = [{ now: START }, { now: START }] as const
      const sideOf = (store: LedgerStore): Side => ({ store, seqs: [], deliveries: [] })
      const sides = [
        sideOf(openLedgerStore(database, () => clocks[0].now)),
        sideOf(open(sql, () => clocks[1].now)),
      ] as const
      for (const [at, carryOut] of steps.entries()) {
        const [expected, result] = sides.map((side, which) => comparable(side, carryOut(side, clocks[which]!, at)))
        expect(result).toEqual(expected)
      }
      const [expected, result] = sides.map((side, which) => comparable(side, shown(side, clocks[which]!.now)))
      expect(result).toEqual(expected)
      await database.close()
    }),
    { numRuns: Math.max(15, Math.round(Number(process.env.HISTORIES ?? 0) / 3)) },
  )
})
