import { expect } from 'vitest'
import { withIndexableKeys } from '../../../src/gateway/event/indexable.ts'
import { KEY_AGE } from '../../../src/gateway/store/call/calls.ts'
import { LEASE } from '../../../src/gateway/store/delivery/claims.ts'
import type { LedgerStore } from '../../../src/gateway/store/ledger.ts'
import { eventOf, type LedgerCase, callOf as repeatableCallOf } from '../../gateway/store/cases.ts'

const mchid = '1900000109'
const attempted = (result: 'delivered' | 'dead' | number, tries = 0) => ({ tries, at: 1, ms: 5, status: 200, result })
const failed = (result: 'dead' | number, tries = 0) => ({
  ...attempted(result, tries),
  status: 500,
  error: 'STATUS',
})
const claimed = (store: LedgerStore, id: number) => store.claimDelivery(id).kind
const callOf = (more: object = {}) => repeatableCallOf({ isRepeatable: false, numbers: { out_trade_no: '1' }, ...more })
const response = { status: 200, headers: { 'x-a': 'b' }, body: '{}' }
const ended = { status: 200, code: null, wechatpayRequestId: 'W', inDoubt: false, response }

/** Cases of the parts of a ledger: events, deliveries, calls, watches, rates, counters and samples. */
export const partCases: readonly LedgerCase[] = [
  {
    name: 'an event is there once, however often it comes; a repeat gives what nobody has tried yet',
    run({ store }) {
      const first = eventOf()
      const recorded = store.recordEvent(first)
      expect(recorded.outcome).toBe('recorded')
      expect(store.recordEvent({ ...first, nonce: 'another' })).toEqual({ ...recorded, outcome: 'duplicate' })
      expect(store.events(mchid, { limit: 10 })).toMatchObject([{ id: first.id, repeats: 1 }])
      store.claimDelivery(recorded.deliveries[0]!)
      store.recordAttempt(recorded.deliveries[0]!, attempted('delivered'))
      expect(store.recordEvent({ ...first, nonce: 'a third' })).toMatchObject({ outcome: 'duplicate', deliveries: [] })
    },
  },
  {
    name: 'an event whose sending was seen before was replayed; that of APIv2, which repeats itself, is a duplicate',
    run({ store }) {
      const first = eventOf()
      store.recordEvent(first)
      expect(store.recordEvent(first).outcome).toBe('replayed')
      const old = eventOf({ nonce: null, api: 'v2' })
      store.recordEvent(old)
      expect(store.recordEvent(old).outcome).toBe('duplicate')
    },
  },
  {
    name: 'an event that tells what another has told is a duplicate of it',
    run({ store }) {
      const told = store.recordEvent(
        eventOf({ id: 'query/1', dedupeKey: 'TRANSACTION.SUCCESS/42', source: 'query', nonce: null }),
      )
      expect(store.recordEvent(eventOf({ dedupeKey: 'TRANSACTION.SUCCESS/42' }))).toMatchObject({
        outcome: 'duplicate',
        seq: told.seq,
      })
      // Another merchant's number is another number.
      expect(store.recordEvent(eventOf({ mchid: '2', dedupeKey: 'TRANSACTION.SUCCESS/42' })).outcome).toBe('recorded')
    },
  },
  {
    name: 'an event ends the watch of what it is about',
    run({ store, clock }) {
      store.watch({ mchid, kind: 'v3-order', number: 'T1', query: {} }, clock.now)
      store.recordEvent(eventOf({ settles: [{ kind: 'v3-order', number: 'T1' }] }))
      expect(store.claimDueWatches(mchid, 10, clock.now)).toEqual([])
    },
  },
  {
    name: 'an event goes to each of its endpoints',
    run({ store }) {
      const { seq, deliveries } = store.recordEvent(eventOf({ endpoints: ['shop', 'books'] }))
      expect(store.deliveries(mchid, { seq, limit: 10 }).map(({ endpoint }) => endpoint)).toEqual(['books', 'shop'])
      expect(deliveries).toHaveLength(2)
    },
  },
  {
    name: 'an event with half a character pair in a number is recorded, as JSON may contain one',
    run({ store }) {
      const { outcome, seq } = store.recordEvent(
        eventOf({ resource: '{"out_trade_no":"A\\ud800","transaction_id":"42"}', subject: 'out_trade_no/A\ud800' }),
      )
      expect(outcome).toBe('recorded')
      expect(store.searchEvents(mchid, { number: '42', limit: 1 }).rows.map(row => row.seq)).toEqual([seq])
    },
  },
  {
    name: 'an event whose keys are too long for an index is recorded once, by their hashes',
    async run({ store }) {
      // Digits that no compression makes short.
      const long = Array.from({ length: 12_000 }, () => crypto.randomUUID()[0]).join('')
      const given = eventOf({
        id: `EV-${long}`,
        subject: `out_trade_no/${long}`,
        dedupeKey: `TRANSACTION.SUCCESS/transaction_id/${long}`,
        resource: JSON.stringify({ out_trade_no: long }),
      })
      const recorded = store.recordEvent(await withIndexableKeys(given))
      expect(recorded.outcome).toBe('recorded')
      expect(store.recordEvent(await withIndexableKeys({ ...given, id: 'other', nonce: 'other' }))).toMatchObject({
        outcome: 'duplicate',
        seq: recorded.seq,
      })
      expect(store.event(mchid, recorded.seq)!.resource).toBe(given.resource)
    },
  },
  {
    name: 'a delivery is taken on by one at a time, and given back by who died over it',
    run({ store, clock }) {
      const [id] = store.recordEvent(eventOf()).deliveries as [number]
      expect(claimed(store, id)).toBe('claimed')
      expect(store.claimDelivery(id)).toEqual({ kind: 'later', at: clock.now + LEASE })
      expect(store.dueDeliveries(mchid, clock.now, 10)).toEqual([])
      clock.now += LEASE
      expect(store.dueDeliveries(mchid, clock.now, 10)).toMatchObject([{ id }])
      expect(claimed(store, id)).toBe('claimed')
    },
  },
  {
    name: 'a delivery that a process claimed which is no more is given back at once',
    run({ store }) {
      const [id] = store.recordEvent(eventOf()).deliveries as [number]
      store.claimDelivery(id)
      store.releaseLeases()
      expect(claimed(store, id)).toBe('claimed')
    },
  },
  {
    name: 'a delivery that failed waits for its time',
    run({ store, clock }) {
      const [id] = store.recordEvent(eventOf()).deliveries as [number]
      store.claimDelivery(id)
      store.recordAttempt(id, failed(clock.now + 5000))
      expect(store.claimDelivery(id)).toEqual({ kind: 'later', at: clock.now + 5000 })
      expect(store.nextDueAt(mchid)).toBe(clock.now + 5000)
      clock.now += 5000
      expect(store.claimDelivery(id)).toMatchObject({ kind: 'claimed', delivery: { tries: 1 } })
      store.recordAttempt(id, attempted('delivered', 1))
      expect(claimed(store, id)).toBe('done')
      expect(store.delivery(mchid, id)).toMatchObject({
        state: 'delivered',
        tries: 2,
        attempts: [
          { status: 500, error: 'STATUS' },
          { status: 200, error: null },
        ],
      })
    },
  },
  {
    name: 'a delivery that is settled late, when another has tried meanwhile, changes nothing, but that it arrived',
    run({ store, clock }) {
      const [id] = store.recordEvent(eventOf()).deliveries as [number]
      store.claimDelivery(id)
      clock.now += LEASE
      store.claimDelivery(id)
      store.recordAttempt(id, failed(clock.now + 9000))
      store.recordAttempt(id, failed('dead'))
      expect(store.delivery(mchid, id)).toMatchObject({ state: 'pending', tries: 1 })
      store.recordAttempt(id, attempted('delivered'))
      expect(store.delivery(mchid, id)).toMatchObject({ state: 'delivered' })
      store.recordAttempt(id, failed('dead', 1))
      expect(store.delivery(mchid, id)).toMatchObject({ state: 'delivered' })
    },
  },
  {
    name: 'a delivery waits for those before it that are about the same thing, in the order in which they were made',
    run({ store, clock }) {
      const subject = 'transaction_id/42'
      const later = store.recordEvent(eventOf({ subject, createdAt: clock.now + 2000 })).deliveries[0]!
      const earlier = store.recordEvent(eventOf({ subject, createdAt: clock.now + 1000 })).deliveries[0]!
      const elsewhere = store.recordEvent(eventOf({ subject, createdAt: clock.now + 3000, endpoints: ['books'] }))
        .deliveries[0]!
      const other = store.recordEvent(eventOf({ subject: 'transaction_id/43', createdAt: clock.now + 3000 }))
        .deliveries[0]!
      expect([later, earlier, elsewhere, other].map(id => claimed(store, id))).toEqual([
        'blocked',
        'claimed',
        'claimed',
        'claimed',
      ])
      expect(store.dueDeliveries(mchid, clock.now + LEASE, 10).map(({ id }) => id)).not.toContain(later)
      expect(store.recordAttempt(earlier, failed(clock.now + 60_000))).toEqual({ unblocked: [] })
      expect(claimed(store, later)).toBe('blocked')
      clock.now += 60_000
      store.claimDelivery(earlier)
      expect(store.recordAttempt(earlier, attempted('delivered', 1))).toEqual({ unblocked: [later] })
      expect(claimed(store, later)).toBe('claimed')
    },
  },
  {
    name: 'a delivery that was given up holds up nobody, and can be replayed',
    run({ store }) {
      const subject = 'transaction_id/42'
      const first = store.recordEvent(eventOf({ subject })).deliveries[0]!
      const second = store.recordEvent(eventOf({ subject })).deliveries[0]!
      store.claimDelivery(first)
      expect(store.recordAttempt(first, failed('dead'))).toEqual({ unblocked: [second] })
      expect(store.deliveries(mchid, { state: 'dead', limit: 10 })).toMatchObject([{ id: first }])
      expect(store.depths(mchid)).toMatchObject({ pending: 1, dead: 1 })
      expect(store.replayDelivery(mchid, first)).toBe(true)
      const listed = store.deliveries(mchid, { limit: 10 }).map(row => [row.id, row.tries, row.attempt_count])
      expect(listed).toEqual([
        [second, 0, 0],
        [first, 0, 1],
      ])
      expect(store.replayDelivery('2', first)).toBe(false)
      expect(claimed(store, first)).toBe('claimed')
    },
  },
  {
    name: 'a delivery of a question is nothing for the outbox',
    run({ store, clock }) {
      const { deliveries } = store.recordEvent(eventOf({ isQuestion: true }))
      expect(claimed(store, deliveries[0]!)).toBe('done')
      expect(store.dueDeliveries(mchid, clock.now, 10)).toEqual([])
      expect(store.replayDelivery(mchid, deliveries[0]!)).toBe(false)
      const { endpoint, seq } = store.delivery(mchid, deliveries[0]!)!
      expect(store.resendEvent(mchid, seq, [endpoint])).toEqual([])
      expect(store.delivery(mchid, deliveries[0]!)).toMatchObject({ state: 'asking' })
    },
  },
  {
    name: 'a delivery is added where an event is sent to an endpoint that is new',
    run({ store }) {
      const { seq } = store.recordEvent(eventOf({ endpoints: [] }))
      expect(store.resendEvent(mchid, seq, ['books'])).toHaveLength(1)
      expect(store.deliveries(mchid, { seq, limit: 10 })).toMatchObject([{ endpoint: 'books', state: 'pending' }])
      expect(store.resendEvent(mchid, seq, ['books', 'books', 'books'])).toHaveLength(1)
      expect(store.resendEvent(mchid, 999, ['books'])).toEqual([])
    },
  },
  {
    name: 'a call stands in the audit trail from its beginning, in doubt until it ends',
    run({ store, clock }) {
      const one = callOf()
      expect(store.beginCall(one)).toEqual({ outcome: 'send', isInDoubt: false })
      expect(store.calls('shop', { limit: 10 })).toMatchObject([
        { id: one.id, ended_at: null, in_doubt: true, amount: 100 },
      ])
      clock.now += 1
      store.endCall(one.id, ended)
      expect(store.calls('shop', { limit: 10 })).toMatchObject([
        { status: 200, in_doubt: false, wechatpay_request_id: 'W', numbers: { out_trade_no: '1' } },
      ])
      expect(store.calls('another', { limit: 10 })).toEqual([])
    },
  },
  {
    name: 'the calls of all callers are one list, page by page',
    run({ store }) {
      const calls = ['shop', 'books', 'shop'].map(caller => callOf({ caller }))
      for (const call of calls) store.beginCall(call)
      const first = store.calls(null, { limit: 2 })
      expect(first.map(({ id }) => id)).toEqual([calls[2]!.id, calls[1]!.id])
      expect(store.calls(null, { limit: 2, before: first[1]!.seq })).toMatchObject([
        { id: calls[0]!.id, caller: 'shop' },
      ])
    },
  },
  {
    name: 'a call under a key that was answered gets the same answer; another under it none',
    run({ store }) {
      const one = callOf({ key: 'k', hash: 'h' })
      store.beginCall(one)
      expect(store.beginCall(callOf({ key: 'k', hash: 'h' }))).toEqual({ outcome: 'running' })
      store.endCall(one.id, ended)
      expect(store.beginCall(callOf({ key: 'k', hash: 'h' }))).toEqual({ outcome: 'replay', response })
      expect(store.beginCall(callOf({ key: 'k', hash: 'other' }))).toEqual({ outcome: 'key-reused' })
      expect(store.beginCall(callOf({ key: 'k', hash: 'h', caller: 'books' }))).toEqual({
        outcome: 'send',
        isInDoubt: false,
      })
    },
  },
  {
    name: 'a call that ended in doubt may be made again under its key where it is repeatable, by nobody else',
    run({ store }) {
      const one = callOf({ key: 'k', hash: 'h' })
      store.beginCall(one)
      store.endCall(one.id, { ...ended, inDoubt: true, response: null })
      const again = { key: 'k', hash: 'h' }
      expect(store.beginCall(callOf({ ...again, hash: 'other' }))).toEqual({ outcome: 'key-reused' })
      expect(store.beginCall(callOf(again))).toEqual({ outcome: 'in-doubt', id: one.id })
      expect(store.beginCall(callOf({ ...again, isRepeatable: true }))).toEqual({ outcome: 'send', isInDoubt: true })
    },
  },
  {
    name: 'a call that had no effect and whose answer was not kept may be made again under its key',
    run({ store }) {
      const one = callOf({ key: 'k', hash: 'h' })
      store.beginCall(one)
      store.endCall(one.id, { ...ended, status: 429, response: null })
      expect(store.beginCall(callOf({ key: 'k', hash: 'h' }))).toEqual({ outcome: 'send', isInDoubt: false })
    },
  },
  {
    name: 'a call whose maker died is in doubt after a minute',
    run({ store, clock }) {
      const [one, again] = [callOf({ key: 'k', hash: 'h' }), { key: 'k', hash: 'h', isRepeatable: true }]
      store.beginCall(one)
      clock.now += 60_000
      expect(store.beginCall(callOf({ ...again, isRepeatable: false }))).toEqual({ outcome: 'in-doubt', id: one.id })
      expect(store.beginCall(callOf(again))).toEqual({ outcome: 'send', isInDoubt: true })
      expect(store.beginCall(callOf(again))).toEqual({ outcome: 'running' })
    },
  },
  {
    name: 'a call gives its key free after a day',
    run({ store, clock }) {
      const one = callOf({ key: 'k', hash: 'h' })
      store.beginCall(one)
      store.endCall(one.id, ended)
      clock.now += KEY_AGE
      expect(store.beginCall(callOf({ key: 'k', hash: 'other' }))).toEqual({ outcome: 'send', isInDoubt: false })
    },
  },
  {
    name: 'a watch is taken by one at a time, and looked at again when it is due',
    run({ store, clock }) {
      store.watch({ mchid, kind: 'v3-order', number: 'T1', query: { mchid } }, clock.now + 1000)
      store.watch({ mchid, kind: 'v3-order', number: 'T1', query: {} }, clock.now)
      expect(store.claimDueWatches(mchid, 10, clock.now + 5000)).toEqual([])
      clock.now += 1000
      const [row] = store.claimDueWatches(mchid, 10, clock.now + 5000)
      expect(row).toMatchObject({ number: 'T1', query: { mchid }, queries: 0 })
      expect(store.claimDueWatches(mchid, 10, clock.now + 5000)).toEqual([])
      store.rescheduleQuery(row!.id, clock.now + 7000)
      clock.now += 7000
      expect(store.claimDueWatches(mchid, 10, clock.now)).toMatchObject([{ queries: 1 }])
      expect(store.depths(mchid).watched).toEqual({ 'v3-order': 1 })
    },
  },
  {
    name: 'a token bucket lets a burst pass, and then as many as flow in',
    run({ store, clock }) {
      const rate = { max: 2, seconds: 10 }
      expect([store.takeToken('shop', rate), store.takeToken('shop', rate), store.takeToken('shop', rate)]).toEqual([
        0, 0, 5000,
      ])
      expect(store.takeToken('books', rate)).toBe(0)
      clock.now += 5000
      expect([store.takeToken('shop', rate), store.takeToken('shop', rate)]).toEqual([0, 5000])
    },
  },
  {
    name: 'counters grow, by their labels in any order',
    run({ store }) {
      store.addCounts([{ name: 'a', labels: { x: '1', y: '2' }, by: 1 }])
      store.addCounts([{ name: 'a', labels: { y: '2', x: '1' }, by: 0.5 }])
      expect(store.counters()).toEqual([{ name: 'a', labels: { x: '1', y: '2' }, value: 1.5 }])
    },
  },
  {
    name: 'samples are kept for a day, the first of each minute',
    run({ store, clock }) {
      const minute = 60_000
      store.recordSample({ calls: 1 })
      store.recordSample({ calls: 2 })
      clock.now += minute
      store.recordSample({ calls: 2 ** 53, seconds: 0.25 })
      expect(store.samples(0)).toEqual([
        { at: clock.now - minute, totals: { calls: 1 } },
        { at: clock.now, totals: { calls: 2 ** 53, seconds: 0.25 } },
      ])
      expect(store.samples(clock.now)).toHaveLength(1)
      // A day after the first one, whose place it takes.
      clock.now += 1439 * minute
      store.recordSample({ calls: 3 })
      expect(store.samples(0).map(({ totals }) => totals.calls)).toEqual([2 ** 53, 3])
    },
  },
]
