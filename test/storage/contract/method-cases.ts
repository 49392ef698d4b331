import { expect } from 'vitest'
import { MAX_COUNTED } from '../../../src/gateway/store/counts.ts'
import { MAX_READ } from '../../../src/gateway/store/delivery/due.ts'
import type { LedgerStore } from '../../../src/gateway/store/ledger.ts'
import { callOf, eventOf, type LedgerCase, type Stage } from '../../gateway/store/cases.ts'

const mchid = '1900000109'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const watchOf = (number: string) => ({ mchid, kind: 'v3-order', number, query: {} })

/** Watches an order whose outcome is in doubt. @returns the id of the watch */
function doubt({ store, clock }: Stage, number: string): number {
  store.watch(watchOf(number), clock.now)
  const claimed = store.claimDueWatches(mchid, 100, clock.now + HOUR)
  const { id } = claimed.find(row => row.number === number)!
  store.rescheduleQuery(id, clock.now + HOUR, { outcome: 'failed', isDoubtful: true })
  return id
}
const doubts = (store: LedgerStore, page: { before?: number; limit: number } = { limit: 10 }) =>
  store.watchesInDoubt(mchid, page).map(({ number }) => number)

/** Cases of single methods, beside those of what several do together. */
export const methodCases: readonly LedgerCase[] = [
  {
    name: 'a further sending of a recorded event is counted by its id, and gives the deliveries that nobody has tried',
    run({ store, clock }) {
      expect(store.recordRepeat(mchid, 'none')).toBeUndefined()
      const event = eventOf({ endpoints: ['shop', 'books'] })
      const { seq, deliveries } = store.recordEvent(event)
      expect(store.recordRepeat('2', event.id)).toBeUndefined()
      expect(store.recordRepeat(mchid, event.id)).toEqual({ outcome: 'duplicate', seq, deliveries })
      const [first, second] = deliveries as [number, number]
      store.claimDelivery(first)
      store.recordAttempt(first, { tries: 0, at: clock.now, ms: 1, status: 200, result: 'delivered' })
      expect(store.recordRepeat(mchid, event.id)).toEqual({ outcome: 'duplicate', seq, deliveries: [second] })
      expect(store.event(mchid, seq)).toMatchObject({ id: event.id, repeats: 2 })
      expect(store.events(mchid, { limit: 10 })).toHaveLength(1)
    },
  },
  {
    name: 'events are read on from a position in the order in which they were recorded, those of other merchants and names passed over',
    run({ store }) {
      const { position: start, isAtEnd } = store.eventsAfter(mchid, { limit: 10, maxLength: 1000 })
      expect(isAtEnd).toBe(true)
      const resource = '{"a":"0123456789"}'
      for (const [id, name] of [
        ['A', 'TRANSACTION.SUCCESS'],
        ['B', 'REFUND.SUCCESS'],
        ['C', 'REFUND.CLOSED'],
        ['D', 'TRANSACTION.SUCCESS'],
      ] as const)
        store.recordEvent(eventOf({ id, event: name, resource }))
      store.recordEvent(eventOf({ mchid: '2' }))
      const read = (query: object) => {
        const { rows, ...more } = store.eventsAfter(mchid, { after: start, limit: 10, maxLength: 1000, ...query })
        return { ids: rows.map(({ id }) => id).join(''), ...more }
      }
      expect(read({})).toMatchObject({ ids: 'ABCD', isAtEnd: true })
      expect(read({ after: read({}).position }).ids).toBe('')
      expect(read({ events: ['REFUND.*'] })).toMatchObject({ ids: 'BC', isAtEnd: true })
      const page = read({ limit: 3 })
      expect(page).toMatchObject({ ids: 'ABC', isAtEnd: false })
      expect(read({ after: page.position }).ids).toBe('D')
      // One event, however large it is; and as many as fit.
      expect(read({ maxLength: 1 }).ids).toBe('A')
      expect(read({ maxLength: 2 * resource.length }).ids).toBe('AB')
    },
  },
  {
    name: 'events are read on from a time, and from the position of another ledger by its time',
    run({ store, clock }) {
      const times = [0, 10, 20, 30].map(seconds => clock.now + seconds * 1000)
      for (const at of times) {
        clock.now = at
        store.recordEvent(eventOf({ id: `at ${at}` }))
      }
      const since = (after: { at: number; seq?: number; check?: string }) =>
        store.eventsAfter(mchid, { after, limit: 10, maxLength: 10_000 }).rows.map(({ received_at }) => received_at)
      expect(since({ at: times[2]! })).toEqual(times.slice(2))
      expect(since({ at: 0 })).toEqual(times)
      expect(since({ at: times[3]! + 1 })).toEqual([])
      expect(since({ seq: 1, at: times[1]!, check: 'not this' })).toEqual(times.slice(1))
      // Later than all events of this ledger: nothing is passed over that comes next.
      expect(since({ seq: 99, at: times[3]! + HOUR, check: 'not this' })).toEqual([])
    },
  },
  {
    name: 'events are found by a number, a subject, a name or the id that endpoints are sent, page by page',
    run({ store }) {
      const recorded = [1, 2, 3].map(at => {
        const resource = JSON.stringify({ out_trade_no: 'T1', refund_id: `R${at}` })
        return store.recordEvent(eventOf({ resource, event: `X.${at}`, subject: 'out_trade_no/T1' })).seq
      })
      store.recordEvent(eventOf({ mchid: '2', resource: '{"out_trade_no":"T1"}' }))
      const find = (query: object) =>
        store.searchEvents(mchid, { limit: 10, ...query }).rows.map(({ seq }) => recorded.indexOf(seq))
      expect(find({ number: 'T1' })).toEqual([2, 1, 0])
      expect(find({ number: 'R2' })).toEqual([1])
      expect(find({ subject: 'out_trade_no/T1' })).toEqual([2, 1, 0])
      expect(find({ event: 'X.3' })).toEqual([2])
      const { webhook_id } = store.event(mchid, recorded[0]!)!
      expect(find({ webhook_id })).toEqual([0])
      const page = store.searchEvents(mchid, { number: 'T1', limit: 2 })
      expect(find({ number: 'T1', before: page.next })).toEqual([0])
      expect(store.searchEvents(mchid, { limit: 10 }).next).toBe(null)
    },
  },
  {
    name: 'a ledger that can be written to says so, as often as it is asked',
    run({ store, clock, sql }) {
      for (let at = 0; at < 3; at++) {
        store.probeWrite()
        clock.now += 1000
      }
      expect(sql.run('select at from write_probe')).toEqual([{ at: clock.now - 1000 }])
    },
  },
  {
    name: 'the end of the last sweep is known, also after the clock was set back',
    run({ store, clock }) {
      expect(store.lastSweep()).toBe(null)
      for (const step of [MINUTE, MINUTE, -HOUR]) {
        clock.now += step
        store.recordSweep()
        expect(store.lastSweep()).toBe(clock.now)
      }
    },
  },
  {
    name: 'a fault is the last failure of its kind, until a success clears it; a notification that can be read is one',
    run({ store, clock }) {
      store.recordFault(mchid, 'notifications', 'DECRYPTION_FAILED')
      store.recordFault(mchid, 'calls', 'SIGN_ERROR')
      clock.now += 1000
      store.recordFault(mchid, 'calls', 'SIGNATURE_INVALID')
      expect(store.faults(mchid)).toEqual([
        { kind: 'calls', code: 'SIGNATURE_INVALID', at: clock.now },
        { kind: 'notifications', code: 'DECRYPTION_FAILED', at: clock.now - 1000 },
      ])
      expect(store.faults('2')).toEqual([])
      store.clearFault('2', 'calls')
      store.clearFault(mchid, 'v2_calls')
      expect(store.faults(mchid)).toHaveLength(2)
      store.clearFault(mchid, 'calls')
      store.recordEvent(eventOf({ api: 'v2', nonce: null }))
      store.recordEvent(eventOf({ source: 'query', nonce: null }))
      expect(store.faults(mchid)).toMatchObject([{ kind: 'notifications' }])
      store.recordEvent(eventOf())
      expect(store.faults(mchid)).toEqual([])
    },
  },
  {
    name: 'watches in doubt are listed page by page, and end when an operator dismisses them',
    run(stage) {
      const { store } = stage
      const ids = ['T1', 'T2', 'T3'].map(number => doubt(stage, number))
      store.watch(watchOf('certain'), stage.clock.now + HOUR)
      expect(store.depths(mchid)).toMatchObject({ watched: { 'v3-order': 4 }, inDoubt: { 'v3-order': 3 } })
      expect(doubts(store, { limit: 2 })).toEqual(['T3', 'T2'])
      expect(doubts(store, { limit: 2, before: ids[1]! })).toEqual(['T1'])
      expect(store.dismiss('2', ids[1]!)).toBe(false)
      expect([store.dismiss(mchid, ids[1]!), store.dismiss(mchid, ids[1]!)]).toEqual([true, false])
      expect(doubts(store)).toEqual(['T3', 'T1'])
      // A query with a certain outcome ends the doubt.
      store.rescheduleQuery(ids[0]!, stage.clock.now + HOUR, { outcome: 'open' })
      expect(doubts(store)).toEqual(['T3'])
      expect(store.dismiss(mchid, ids[0]!)).toBe(false)
    },
  },
  {
    name: 'an operator has a watch in doubt queried at once, and no other one',
    run(stage) {
      const { store, clock } = stage
      const id = doubt(stage, 'T1')
      const due = () => store.claimDueWatches(mchid, 10, clock.now + MINUTE).map(({ number }) => number)
      expect(due()).toEqual([])
      expect(store.queryNow('2', id)).toBe(false)
      expect(store.queryNow(mchid, id)).toBe(true)
      expect(due()).toEqual(['T1'])
      store.rescheduleQuery(id, clock.now + HOUR, { outcome: 'open' })
      expect(store.queryNow(mchid, id)).toBe(false)
      expect(due()).toEqual([])
    },
  },
  {
    name: 'a watch ends when its outcome is known, unless it was placed again meanwhile',
    run({ store, clock }) {
      const { placedAt } = store.watch(watchOf('T1'), clock.now)
      clock.now += MINUTE
      store.watch(watchOf('T1'), clock.now)
      const watched = () => store.depths(mchid).watched
      store.unwatch(mchid, 'v3-order', 'T1', placedAt)
      store.unwatch('2', 'v3-order', 'T1')
      expect(watched()).toEqual({ 'v3-order': 1 })
      store.unwatch(mchid, 'v3-order', 'T1', clock.now)
      expect(watched()).toEqual({})
      store.watch(watchOf('T1'), clock.now)
      store.unwatch(mchid, 'v3-order', 'T1')
      expect(watched()).toEqual({})
    },
  },
  {
    name: 'an order counts as accepted unless every call for it ended in doubt, and again when a query has found it',
    run(stage) {
      const { store, clock } = stage
      const id = doubt(stage, 'T1')
      const accepted = () => store.watchesInDoubt(mchid, { limit: 1 })[0]!.accepted
      expect(accepted()).toBe(1)
      store.recordUnanswered(watchOf('T1'))
      expect(accepted()).toBe(0)
      store.watch(watchOf('T1'), clock.now)
      expect(accepted()).toBe(1)
      store.recordUnanswered(watchOf('T1'))
      expect(accepted()).toBe(0)
      store.rescheduleQuery(id, clock.now, { isDoubtful: true, isSeen: true })
      expect(accepted()).toBe(1)
    },
  },
  {
    name: 'a query says nothing of a watch that was placed again while it was on its way',
    run(stage) {
      const { store, clock } = stage
      store.watch(watchOf('T1'), clock.now)
      const [row] = store.claimDueWatches(mchid, 10, clock.now + MINUTE)
      clock.now += 1000
      store.watch(watchOf('T1'), clock.now)
      store.rescheduleQuery(row!.id, clock.now + HOUR, { isDoubtful: true, placedAt: row!.placed_at })
      expect(doubts(store)).toEqual([])
      clock.now += MINUTE
      expect(store.claimDueWatches(mchid, 10, clock.now + MINUTE)).toMatchObject([{ number: 'T1', queries: 0 }])
    },
  },
  {
    name: 'a clock that is set back gives no caller tokens, and keeps none from it for longer',
    run({ store, clock }) {
      const rate = { max: 2, seconds: 20 }
      const take = () => store.takeToken('shop', rate)
      expect([take(), take(), take()]).toEqual([0, 0, 10_000])
      clock.now -= 6 * HOUR
      expect(take()).toBe(10_000)
      clock.now += 10_000
      expect([take(), take()]).toEqual([0, 10_000])
    },
  },
  {
    name: `the depths are counted up to ${MAX_COUNTED}, however many there are`,
    run({ store, clock, sql }) {
      const many = `with recursive counted(n) as (select 1 union all select n + 1 from counted where n <= ${MAX_COUNTED})`
      const { seq } = store.recordEvent(eventOf({ endpoints: [] }))
      for (const state of ['pending', 'dead'])
        sql.run(
          `${many} insert into delivery (seq, mchid, endpoint, created_at, state, due_at)
           select ${seq}, '${mchid}', 'shop', n, '${state}', n from counted`,
        )
      for (const kind of ['v3-order', 'v3-refund'])
        sql.run(
          `${many} insert into watch (mchid, kind, number, query, placed_at, due_at, doubt_since)
           select '${mchid}', '${kind}', cast(n as text), '{}', 1, 1, 1 from counted`,
        )
      store.watch({ ...watchOf('1'), kind: 'transfer' }, clock.now)
      const { inDoubt, ...depths } = store.depths(mchid)
      expect(depths).toEqual({
        pending: MAX_COUNTED,
        dead: MAX_COUNTED,
        oldestPendingAt: clock.now,
        watched: { transfer: 1, 'v3-order': MAX_COUNTED, 'v3-refund': MAX_COUNTED },
      })
      expect(Object.values(inDoubt!).reduce((sum, count) => sum + count, 0)).toBe(MAX_COUNTED)
      expect(store.depths('2')).toEqual({ pending: 0, dead: 0, oldestPendingAt: null, watched: {}, inDoubt: {} })
    },
  },
  {
    name: `lost deliveries are found ${MAX_READ} deliveries at a time, also behind more that the outbox has`,
    run({ store, clock, sql }) {
      const { seq, deliveries } = store.recordEvent(eventOf())
      sql.run(
        `with recursive counted(n) as (select 1 union all select n + 1 from counted where n <= ${MAX_READ})
         insert into delivery (seq, mchid, endpoint, created_at, state, due_at, queued_until)
         select ${seq}, '${mchid}', 'shop', n, 'pending', n, ${clock.now + HOUR} from counted`,
      )
      clock.now += 6 * MINUTE
      const lost = (): number[] => store.takeLostDeliveries(mchid, clock.now, 10)
      // A place is read again until nothing is found there: a transaction that found something may be rolled back.
      expect([lost(), lost(), lost()]).toEqual([[], deliveries, []])
      sql.run('update delivery set queued_until = 0 where due_at <= 15')
      expect([lost().length, lost().length, lost().length]).toEqual([10, 5, 0])
    },
  },
  {
    name: 'a call that is begun under a key by a caller is held by that key for no other caller',
    run({ store }) {
      store.beginCall(callOf({ key: 'k', hash: 'h' }))
      expect(store.beginHeldCall(callOf({ key: 'k', hash: 'h', caller: 'books' }))).toBeUndefined()
      expect(store.calls('books', { limit: 10 })).toEqual([])
    },
  },
]
