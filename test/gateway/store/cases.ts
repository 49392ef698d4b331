import { expect } from 'vitest'
import { CALL_LEASE, KEY_AGE, type NewCall } from '../../../src/gateway/store/call/calls.ts'
import { NEVER } from '../../../src/gateway/store/call/watches.ts'
import { LEASE } from '../../../src/gateway/store/delivery/claims.ts'
import { HOLDING_ATTEMPTS } from '../../../src/gateway/store/delivery/row.ts'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { type LedgerStore, openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import type { Sql } from '../../../src/gateway/store/sql.ts'

/** The ledger of a case: its database, its clock, and a second process that opens the same. */
export interface Stage {
  readonly sql: Sql
  readonly clock: { now: number }
  readonly store: LedgerStore
  /** @param sql default: that of the stage */
  readonly reopen: (sql?: Sql) => LedgerStore
}

/** A case that every database behind a ledger has to pass: SQLite in a file, a Durable Object's, and PostgreSQL. */
export interface LedgerCase {
  readonly name: string
  /** It asks SQLite itself, how it carries statements out. Default: false. */
  readonly isOfSqlite?: boolean
  readonly run: (stage: Stage) => void | Promise<void>
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const mchid = '1900000109'

/** A ledger whose clock is moved by hand. */
export function stageOn(sql: Sql, open: (sql: Sql, now: () => number) => LedgerStore = openLedgerStore): Stage {
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
  const reopen = (other = sql) => open(other, () => clock.now)
  return { sql, clock, reopen, store: reopen() }
}

let count = 0
export const eventOf = (more: Partial<NewEvent> = {}): NewEvent => {
  count++
  return {
    mchid,
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
export const callOf = (more: Partial<NewCall> = {}): NewCall => {
  count++
  return {
    id: `R-${count}`,
    caller: 'shop',
    mchid,
    method: 'POST',
    path: '/v3/x',
    numbers: {},
    amount: 100,
    key: null,
    hash: null,
    isRepeatable: true,
    ...more,
  }
}
const ended = { status: 200, code: null, wechatpayRequestId: 'W', inDoubt: false, response: null }

/** One attempt at a delivery that is due. @returns deliveries that need not wait any longer */
function attempt({ store, clock }: Stage, id: number, result: 'delivered' | 'dead' | number): number[] {
  const claim = store.claimDelivery(id)
  if (claim.kind !== 'claimed') throw new Error(`The delivery ${id} is ${claim.kind}.`)
  const attempted = { tries: claim.delivery.tries, at: clock.now, ms: 5, status: 500, result }
  return [...store.recordAttempt(id, attempted).unblocked]
}

export const ledgerCases: readonly LedgerCase[] = [
  {
    name: 'an event gets a delivery to each of many endpoints, whose ids are in their order',
    run({ store }) {
      const endpoints = Array.from({ length: 25 }, (_, at) => `shop-${(at * 7) % 25}`)
      const { deliveries } = store.recordEvent(eventOf({ endpoints }))
      expect(deliveries.map(id => store.delivery(mchid, id)?.endpoint)).toEqual(endpoints)
    },
  },
  {
    name: 'an event of another ledger is recorded where it is known, or where an earlier one of its subject is undelivered',
    run(stage) {
      const { store } = stage
      const first = eventOf({ subject: 'order/1', dedupeKey: 'X/order/1' })
      const { seq, deliveries } = store.recordEvent(first)
      const later = eventOf({ subject: 'order/1' })
      const elsewhere = eventOf({ subject: 'order/2', dedupeKey: 'X/order/2' })
      expect(store.recordHeldEvent(elsewhere)).toBeUndefined()
      expect(store.holdsEvent(elsewhere)).toBe(false)
      expect(store.events(mchid, { limit: 9 })).toHaveLength(1)
      expect(store.recordHeldEvent({ ...first, nonce: 'again' })).toMatchObject({ outcome: 'duplicate', seq })
      const found = eventOf({ subject: null, dedupeKey: 'X/order/1', source: 'query', nonce: null })
      expect(store.recordHeldEvent(found)).toMatchObject({ outcome: 'duplicate', seq })
      // The earlier occurrence of an event that may recur is none of its own.
      expect(store.holdsEvent({ ...found, occurredSince: first.createdAt + 1 })).toBe(false)
      expect(store.holdsEvent({ ...later, endpoints: ['other'] })).toBe(false)
      expect(store.recordHeldEvent(later)).toMatchObject({ outcome: 'recorded' })
      attempt(stage, deliveries[0]!, 'delivered')
      attempt(stage, store.recordEvent({ ...later, nonce: 'later' }).deliveries[0]!, 'delivered')
      expect(store.recordHeldEvent(eventOf({ subject: 'order/1' }))).toBeUndefined()
    },
  },
  {
    name: 'a watch and an Idempotency-Key of another ledger are continued where they are known, and nowhere else',
    run({ store, clock }) {
      const watch = { mchid, kind: 'v3-order', number: 'T1', query: {} }
      const watched = () => store.depths(mchid).watched
      expect(store.watchAgain(watch, clock.now)).toBeUndefined()
      expect(watched()).toEqual({})
      store.watch(watch, clock.now)
      expect(store.watchAgain({ ...watch, query: { a: 'b' } }, clock.now)).toEqual({
        placedAt: clock.now,
        isOtherQuery: true,
      })
      store.endWatches(mchid, [watch], clock.now - 1)
      expect(watched()).toEqual({ 'v3-order': 1 })
      store.endWatches(mchid, [watch, { kind: 'v3-order', number: 'T2' }], clock.now)
      expect(watched()).toEqual({})
      const call = callOf({ key: 'K', hash: 'h' })
      expect(store.beginHeldCall(call)).toBeUndefined()
      expect(store.calls('shop', { limit: 9 })).toEqual([])
      store.beginCall(call)
      expect(store.beginHeldCall(call)).toEqual({ outcome: 'send', isInDoubt: false })
      expect(store.beginHeldCall(callOf({ key: 'K', hash: 'h' }))).toEqual({ outcome: 'running' })
      expect(store.beginHeldCall(callOf({ key: null }))).toBeUndefined()
    },
  },
  {
    name: 'a copied sending is known again after fifty further sendings, for as long as its timestamp could be fresh',
    run({ store, clock }) {
      const question = eventOf({ event: 'PARKING_FEE.QUERY_TRANS_INFO', isQuestion: true, nonce: 'copied' })
      expect(store.recordEvent(question).outcome).toBe('recorded')
      for (let at = 0; at < 50; at++) {
        clock.now += 10 * 1000
        expect(store.recordEvent({ ...question, nonce: `again-${at}` }).outcome).toBe('duplicate')
      }
      // Its timestamp was five minutes ahead when it came, and is five minutes old.
      clock.now += 100 * 1000
      expect(store.recordEvent({ ...question, nonce: 'copied' }).outcome).toBe('replayed')
    },
  },
  {
    name: 'sendings that can no longer pass for fresh are not kept',
    run({ store, clock, sql }) {
      const event = eventOf()
      for (let at = 0; at < 50; at++) {
        store.recordEvent({ ...event, nonce: `sending-${at}` })
        clock.now += MINUTE
      }
      const [row] = sql.run<{ nonces: string }>('select nonces from event')
      expect(JSON.parse(row!.nonces)).toHaveLength(15)
    },
  },
  {
    name: 'a delivery is lost when the outbox has not brought it for five minutes, or has let go of it',
    run(stage) {
      const { store, clock } = stage
      const lost = (): number[] => store.takeLostDeliveries(mchid, clock.now, 10)
      const subject = 'transaction_id/43'
      const first = store.recordEvent(eventOf({ subject })).deliveries[0]!
      const second = store.recordEvent(eventOf({ subject })).deliveries[0]!
      expect(lost()).toEqual([])
      // The queue is told nothing more of one that is blocked: who is before it enqueues it.
      expect(store.claimDelivery(second).kind).toBe('blocked')
      expect(attempt(stage, first, clock.now + MINUTE)).toEqual([])
      clock.now += MINUTE
      expect(lost()).toEqual([])
      clock.now += 5 * MINUTE
      expect(lost()).toEqual([first])
      expect(lost()).toEqual([])
      expect(attempt(stage, first, 'delivered')).toEqual([second])
      expect(lost()).toEqual([])
      store.releaseQueued([second])
      expect(lost()).toEqual([second])
      expect(lost()).toEqual([])
    },
  },
  {
    name: 'a clock that is set back does not keep a lost delivery from the outbox for longer',
    run({ store, clock }) {
      const [id] = store.recordEvent(eventOf()).deliveries
      clock.now -= 6 * HOUR
      expect(store.takeLostDeliveries(mchid, clock.now, 10)).toEqual([])
      clock.now += 5 * MINUTE
      expect(store.takeLostDeliveries(mchid, clock.now, 10)).toEqual([id])
    },
  },
  {
    name: 'opening a ledger again writes nothing',
    isOfSqlite: true,
    run({ sql, reopen }) {
      const changes = () => sql.run<{ n: number }>('select total_changes() as n')[0]!.n
      const before = changes()
      reopen()
      expect(changes()).toBe(before)
    },
  },
  {
    name: 'pages of the audit trail lose no line and repeat none, though many began in one millisecond or the clock went back',
    run({ store, clock }) {
      const ids = Array.from({ length: 50 }, (_, at) => {
        if (at % 20 === 19) clock.now -= 5
        const call = callOf()
        store.beginCall(call)
        return call.id
      })
      const seen: string[] = []
      let before: number | undefined
      do {
        const rows = store.calls('shop', { limit: 7, ...(before !== undefined && { before }) })
        seen.push(...rows.map(({ id }) => id))
        before = rows.at(-1)?.seq
      } while (before !== undefined)
      expect(seen).toEqual(ids.reverse())
    },
  },
  {
    name: 'an event that its endpoint rejects holds back the later ones of its subject for seven attempts, and no longer',
    run(stage) {
      const { store, clock } = stage
      const subject = 'transaction_id/42'
      const rejected = store.recordEvent(eventOf({ subject })).deliveries[0]!
      const refund = store.recordEvent(eventOf({ subject })).deliveries[0]!
      const last = store.recordEvent(eventOf({ subject })).deliveries[0]!
      for (let tries = 1; tries < HOLDING_ATTEMPTS; tries++) {
        expect(attempt(stage, rejected, clock.now + MINUTE)).toEqual([])
        expect(store.claimDelivery(refund).kind).toBe('blocked')
        clock.now += MINUTE
      }
      expect(attempt(stage, rejected, clock.now + HOUR)).toEqual([refund])
      expect(store.dueDeliveries(mchid, clock.now, 10).map(({ id }) => id)).toEqual([refund])
      expect(store.nextDueAt(mchid)).toBeLessThanOrEqual(clock.now)
      // Among those behind it the order stands.
      expect(store.claimDelivery(last).kind).toBe('blocked')
      expect(attempt(stage, refund, 'delivered')).toEqual([last])
      expect(attempt(stage, last, 'delivered')).toEqual([])
      // It goes on by itself.
      clock.now += HOUR
      expect(store.dueDeliveries(mchid, clock.now, 10).map(({ id }) => id)).toEqual([rejected])
      attempt(stage, rejected, 'delivered')
    },
  },
  {
    name: 'a rejected event that is replayed holds the later ones back anew',
    run(stage) {
      const { store, clock } = stage
      const subject = 'transaction_id/42'
      const rejected = store.recordEvent(eventOf({ subject })).deliveries[0]!
      const refund = store.recordEvent(eventOf({ subject })).deliveries[0]!
      for (let tries = 0; tries < HOLDING_ATTEMPTS; tries++) attempt(stage, rejected, clock.now)
      store.replayDelivery(mchid, rejected)
      expect(store.claimDelivery(refund).kind).toBe('blocked')
    },
  },
  {
    name: 'a clock that is set back by six hours delays no delivery, no watch and no lease; nor does one that was set back while the gateway was away',
    run(stage) {
      for (const open of [() => stage.store, stage.reopen]) {
        const store = open()
        const { clock } = stage
        const failing = store.recordEvent(eventOf()).deliveries[0]!
        const taken = store.recordEvent(eventOf()).deliveries[0]!
        attempt({ ...stage, store }, failing, clock.now + 5000)
        store.claimDelivery(taken)
        store.watch({ mchid, kind: 'v3-order', number: `T${failing}`, query: {} }, clock.now + 5 * MINUTE)
        const call = callOf({ key: `key-${failing}`, hash: 'h' })
        store.beginCall(call)

        clock.now -= 6 * HOUR
        const after = open()
        const claimed = after.claimDelivery(failing) as { kind: string; at: number }
        expect(claimed.kind).toBe('later')
        expect(claimed.at - clock.now).toBeLessThanOrEqual(15_000)
        expect(after.beginCall({ ...callOf(), key: call.key, hash: 'h' }).outcome).toBe('running')
        clock.now += 15_000
        expect(after.dueDeliveries(mchid, clock.now, 10).map(({ id }) => id)).toContain(failing)
        clock.now += LEASE
        expect(after.dueDeliveries(mchid, clock.now, 10).map(({ id }) => id)).toContain(taken)
        clock.now += CALL_LEASE
        expect(after.beginCall({ ...callOf(), key: call.key, hash: 'h' }).outcome).toBe('send')
        clock.now += 5 * MINUTE
        expect(after.claimDueWatches(mchid, 10, clock.now + MINUTE).map(({ number }) => number)).toContain(
          `T${failing}`,
        )
        for (const id of [failing, taken]) attempt({ ...stage, store: after }, id, 'delivered')
      }
    },
  },
  {
    name: 'a clock that is adjusted by some seconds brings no delivery before its time',
    run(stage) {
      const { store, clock } = stage
      const failing = store.recordEvent(eventOf()).deliveries[0]!
      const due = clock.now + 5000
      attempt(stage, failing, due)
      clock.now -= 20_000
      expect(store.claimDelivery(failing)).toEqual({ kind: 'later', at: due })
      expect(store.nextDueAt(mchid)).toBe(due)
    },
  },
  {
    name: 'a clock that was decades ahead for a moment leaves nothing waiting for decades',
    run(stage) {
      const { store, clock } = stage
      const failing = store.recordEvent(eventOf()).deliveries[0]!
      clock.now += 50 * 365 * DAY
      attempt(stage, failing, clock.now + 5000)
      clock.now -= 50 * 365 * DAY
      expect(store.nextDueAt(mchid)).toBeLessThanOrEqual(clock.now + 5000)
    },
  },
  {
    name: 'a key is taken for as long as its call renews the lease, and free when that has run out',
    run({ store, clock }) {
      const first = callOf({ key: 'k', hash: 'h' })
      const again = () => store.beginCall(callOf({ key: 'k', hash: 'h' })).outcome
      store.beginCall(first)
      for (let at = 0; at < 20; at++) {
        clock.now += CALL_LEASE - 1
        expect([again(), store.renewCall(first.id)]).toEqual(['running', true])
      }
      clock.now += CALL_LEASE
      expect(again()).toBe('send')
      // It is another's now.
      expect(store.renewCall(first.id)).toBe(false)
      clock.now += CALL_LEASE - 1
      expect(again()).toBe('running')
    },
  },
  {
    name: 'a call that has ended, or has no key, has no lease',
    run({ store }) {
      const [keyed, plain] = [callOf({ key: 'k', hash: 'h' }), callOf()]
      store.beginCall(keyed)
      store.beginCall(plain)
      store.endCall(keyed.id, ended)
      expect([store.renewCall(keyed.id), store.renewCall(plain.id), store.renewCall('none')]).toEqual([
        false,
        false,
        false,
      ])
    },
  },
  {
    name: 'a watch ends with the last of the calls that placed it, when all were refused',
    run({ store, clock }) {
      const watch = { mchid, kind: 'v3-order', number: 'T1', query: {} }
      const watched = () => store.depths(mchid).watched['v3-order'] ?? 0
      store.watch(watch, clock.now)
      store.watch(watch, clock.now)
      store.releaseWatch(watch)
      expect(watched()).toBe(1)
      store.releaseWatch(watch)
      expect(watched()).toBe(0)
      store.releaseWatch(watch)
      store.watch(watch, clock.now)
      expect(watched()).toBe(1)
    },
  },
  {
    name: 'a second call with the same number, refused, does not shorten what the first is watched for, nor changes its query',
    run({ store, clock, sql }) {
      const name = { mchid, kind: 'v3-order', number: 'T1' }
      const kept = () => sql.run('select query, expires_at from watch')
      const [soon, late] = [clock.now + MINUTE, clock.now + DAY]
      const first = store.watch({ ...name, query: { sub: '1' }, expiresAt: late }, clock.now)
      const second = store.watch({ ...name, query: { sub: '2' }, expiresAt: soon }, clock.now)
      expect([first.isOtherQuery, second.isOtherQuery]).toEqual([false, true])
      store.releaseWatch({ ...name, expiresAt: soon }, second.placedAt)
      expect(kept()).toEqual([{ query: '{"sub":"1"}', expires_at: late }])
      // A call without an expiry can always take effect.
      store.watch({ ...name, query: { sub: '1' } }, clock.now)
      store.watch({ ...name, query: { sub: '1' }, expiresAt: late }, clock.now)
      expect(kept()).toEqual([{ query: '{"sub":"1"}', expires_at: 0 }])
      store.acceptWatch({ ...name, query: { sub: '2' } })
      expect(kept()).toEqual([{ query: '{"sub":"2"}', expires_at: 0 }])
    },
  },
  {
    name: 'a watch is as old as the latest call for it that was not refused, and expires when the last of these does',
    run({ store, clock, sql }) {
      const name = { mchid, kind: 'v3-order', number: 'T1' }
      const start = clock.now
      const kept = () =>
        sql
          .run<{ placed_at: number; expires_at: number }>('select placed_at, expires_at from watch')
          .map(row => [row.placed_at - start, row.expires_at && row.expires_at - start])
      /** Places the order at a minute of the test. @returns takes it back */
      const place = (minute: number, expiresAt?: number) => {
        clock.now = start + minute * MINUTE
        const watch = { ...name, query: {}, ...(expiresAt !== undefined && { expiresAt: start + expiresAt }) }
        const { placedAt } = store.watch(watch, clock.now)
        return () => store.releaseWatch(watch, placedAt)
      }
      const first = place(0, HOUR)
      const second = place(10)
      const third = place(20, DAY)
      expect(kept()).toEqual([[20 * MINUTE, 0]])
      second()
      expect(kept()).toEqual([[20 * MINUTE, DAY]])
      third()
      expect(kept()).toEqual([[0, HOUR]])
      place(30, HOUR)
      first()
      expect(kept()).toEqual([[30 * MINUTE, HOUR]])
    },
  },
  {
    name: 'a watch that hundreds of calls place stays small, and is never younger or ends earlier than one of them that counts',
    run({ store, clock, sql }) {
      const watch = { mchid, kind: 'v3-order', number: 'T1', query: {} }
      const start = clock.now
      const placed = Array.from({ length: 300 }, (_, at) => {
        clock.now = start + at * MINUTE
        const expiring = { ...watch, expiresAt: at === 0 ? 0 : clock.now + HOUR }
        return { expiring, at: store.watch(expiring, clock.now).placedAt }
      })
      const size = () => sql.run<{ n: number }>('select length(placings) as n from watch')[0]!.n
      expect(size()).toBeLessThan(1_000)
      for (const { expiring, at } of placed.slice(1)) store.releaseWatch(expiring, at)
      const [{ placed_at, expires_at, calls } = { placed_at: 0, expires_at: 1, calls: 0 }] = sql.run<{
        placed_at: number
        expires_at: number
        calls: number
      }>('select placed_at, expires_at, calls from watch')
      expect([placed_at >= start, expires_at, calls]).toEqual([true, 0, 1])
    },
  },
  {
    name: 'a watch that is left to somebody is not asked for when the clock was set back',
    run({ store, clock, reopen }) {
      store.watch({ mchid, kind: 'v3-order', number: 'T1', query: {} }, clock.now)
      const [{ id } = { id: 0 }] = store.claimDueWatches(mchid, 1, clock.now + MINUTE)
      store.rescheduleQuery(id, NEVER, { outcome: 'open', isDoubtful: true })
      clock.now -= HOUR
      const after = reopen()
      // Any transaction looks at the clock.
      after.watch({ mchid, kind: 'v3-order', number: 'T2', query: {} }, clock.now)
      // Later than the time until which a watch that was moved back would wait.
      clock.now = NEVER - 1
      expect(after.claimDueWatches(mchid, 10, NEVER).map(({ number }) => number)).toEqual(['T2'])
    },
  },
  {
    name: 'retention deletes all that is over, in batches, and keeps what waits or was given up',
    run(stage) {
      const { store, clock, sql } = stage
      const [waits, dead] = [eventOf(), eventOf()].map(event => store.recordEvent(event).deliveries[0]!) as [
        number,
        number,
      ]
      attempt(stage, dead, 'dead')
      for (let at = 0; at < 25; at++) {
        attempt(stage, store.recordEvent(eventOf()).deliveries[0]!, 'delivered')
        const call = callOf({ key: `key-${at}`, hash: 'h' })
        store.beginCall(call)
        store.endCall(call.id, { ...ended, response: { status: 200, headers: {}, body: '{}' } })
      }
      const responses = () => sql.run<{ n: number }>('select count(response) as n from call')[0]!.n
      const forgetAll = (before: number) => {
        let [events, batches] = [0, 0]
        for (let hasMore = true; hasMore; batches++) {
          const purged = store.purge(before, 10)
          events += purged.events
          hasMore = purged.hasMore
        }
        return { events, batches }
      }
      expect(forgetAll(clock.now)).toEqual({ events: 0, batches: 1 })
      expect(responses()).toBe(25)
      clock.now += KEY_AGE + 1
      forgetAll(clock.now - 90 * DAY)
      expect([responses(), store.calls('shop', { limit: 100 }).length]).toEqual([0, 25])
      clock.now += 90 * DAY
      expect(forgetAll(clock.now - 90 * DAY)).toEqual({ events: 25, batches: 3 })
      expect(store.calls('shop', { limit: 100 })).toEqual([])
      expect(store.deliveries(mchid, { limit: 100 }).map(({ id }) => id)).toEqual([dead, waits])
      expect(sql.run<{ n: number }>('select count(*) as n from attempt')[0]!.n).toBe(1)

      store.replayDelivery(mchid, dead)
      for (const id of [dead, waits]) attempt(stage, id, 'delivered')
      clock.now += DAY + 1
      expect(store.purge(clock.now - 90 * DAY, 10)).toEqual({ events: 2, hasMore: false, isEmpty: true })
    },
  },
  {
    name: 'an event is found by the id that its endpoint was sent, which stays the same',
    run(stage) {
      const { store } = stage
      const first = eventOf()
      const { seq, deliveries } = store.recordEvent(first)
      store.recordEvent(eventOf())
      store.recordEvent({ ...first, nonce: 'another' })
      const { webhook_id } = store.event(mchid, seq)!
      expect(webhook_id).toMatch(/^evt_[\da-f]{32}$/)
      const claim = store.claimDelivery(deliveries[0]!)
      expect(claim).toMatchObject({ kind: 'claimed', event: { webhook_id } })
      expect(stage.reopen().events(mchid, { limit: 10, webhook_id })).toMatchObject([{ seq }])
      expect(store.events('2', { limit: 10, webhook_id })).toEqual([])
    },
  },
  {
    name: 'who has taken a delivery on is given it again for as long as its lease lasts, and nobody else is',
    run({ store, clock }) {
      const [id] = store.recordEvent(eventOf()).deliveries
      const first = store.claimDelivery(id!, 'one')
      expect(first.kind).toBe('claimed')
      expect(store.claimDelivery(id!, 'one')).toMatchObject({ kind: 'claimed', delivery: { id, tries: 0 } })
      for (const owner of ['another', undefined]) expect(store.claimDelivery(id!, owner).kind).toBe('later')
      clock.now += LEASE
      expect(store.claimDelivery(id!, 'another').kind).toBe('claimed')
      expect(store.claimDelivery(id!, 'one').kind).toBe('later')
      store.recordAttempt(id!, { tries: 0, at: clock.now, ms: 1, status: 200, result: 'delivered' })
      expect(store.claimDelivery(id!, 'another').kind).toBe('done')
    },
  },
  {
    name: 'a call that is begun again under its own id may be sent, and stands in the trail once',
    run({ store }) {
      for (const key of [null, 'key']) {
        const call = callOf({ key, hash: key })
        expect([store.beginCall(call), store.beginCall(call)]).toEqual([
          { outcome: 'send', isInDoubt: false },
          { outcome: 'send', isInDoubt: false },
        ])
        expect(store.calls('shop', { limit: 10 }).filter(({ id }) => id === call.id)).toHaveLength(1)
      }
      expect(store.beginCall(callOf({ key: 'key', hash: 'key' }))).toEqual({ outcome: 'running' })
    },
  },
  {
    name: 'a call that follows one in doubt stays in doubt when it is refused or not sent, until one succeeds',
    run({ store }) {
      const ended = { code: null, wechatpayRequestId: null, inDoubt: false, response: null }
      const first = callOf({ key: 'doubt', hash: 'h' })
      store.beginCall(first)
      store.endCall(first.id, { ...ended, status: 502, inDoubt: true })
      for (const [status, follows] of [
        [403, true],
        [503, true],
        [200, true],
        [429, false],
      ] as const) {
        const call = callOf({ key: 'doubt', hash: 'h' })
        const begun = { outcome: 'send', isInDoubt: follows }
        expect([store.beginCall(call), store.beginCall(call)]).toEqual([begun, begun])
        store.endCall(call.id, { ...ended, status })
      }
    },
  },
]
