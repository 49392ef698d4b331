import { expect } from 'vitest'
import type { NewCall } from '../../../src/gateway/store/call/calls.ts'
import { MIN_OUTAGE } from '../../../src/gateway/store/delivery/circuits.ts'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import type { Ledger } from '../../../src/gateway/store/ledger.ts'
import { callOf as newCallOf, eventOf as newEventOf } from '../../gateway/store/cases.ts'

/** A ledger that is called many times at once. */
export interface ConcurrencyStage {
  /** The ledger as each of its processes has it: one, or several where a database has several. */
  readonly ledgers: readonly [Ledger, ...Ledger[]]
  /** The clock of all processes, milliseconds since 1970; moved by hand. */
  readonly clock: { now: number }
}

/** A case that every storage of a ledger has to pass. It may find the rows of other cases. */
export interface ConcurrencyCase {
  readonly name: string
  readonly run: (stage: ConcurrencyStage) => Promise<void>
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let count = 0
/** An event of a merchant of its own. */
const eventOf = (more: Partial<NewEvent> = {}): NewEvent => newEventOf({ mchid: `m${++count}`, ...more })
const callOf = (more: Partial<NewCall> = {}): NewCall => newCallOf({ isRepeatable: false, ...more })

/** Calls a ledger many times at once, in its processes in turn. */
const together = <T>(
  { ledgers }: ConcurrencyStage,
  times: number,
  work: (ledger: Ledger, at: number) => Promise<T>,
): Promise<T[]> => Promise.all(Array.from({ length: times }, (_, at) => work(ledgers[at % ledgers.length]!, at)))
const countsOf = (values: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(values)].map(value => [value, values.filter(other => other === value).length]))

async function record({ ledgers }: ConcurrencyStage, more: Partial<NewEvent> = {}): Promise<number> {
  const [id] = (await ledgers[0].recordEvent(eventOf(more))).deliveries
  return id!
}
async function recordMany(stage: ConcurrencyStage, times: number, more: Partial<NewEvent>): Promise<number[]> {
  const ids: number[] = []
  for (let at = 0; at < times; at++) ids.push(await record(stage, more))
  return ids
}
/** The last process. */
const lastOf = ({ ledgers }: ConcurrencyStage): Ledger => ledgers.at(-1)!

/** Begins a day of its own, and records a delivery that is due in an hour. @returns how long it still waits */
async function recordLate(stage: ConcurrencyStage): Promise<() => Promise<number>> {
  const { ledgers, clock } = stage
  clock.now += DAY
  for (const ledger of ledgers) await ledger.lastSweep()
  const { mchid } = eventOf()
  const id = await record(stage, { mchid })
  await ledgers[0].recordAttempt(id, { tries: 0, at: clock.now, ms: 1, status: 500, result: clock.now + 60 * MINUTE })
  return async () => (await ledgers[0].delivery(mchid, id))!.due_at - clock.now
}
const followClock = (stage: ConcurrencyStage, times: number) => together(stage, times, ledger => ledger.lastSweep())

export const concurrencyCases: readonly ConcurrencyCase[] = [
  {
    name: 'an event that arrives many times at once is recorded once, each transmission counts, and a copied one is a replay',
    async run(stage) {
      const event = eventOf()
      const results = await together(stage, 40, (ledger, at) => ledger.recordEvent({ ...event, nonce: `n${at % 20}` }))
      expect(countsOf(results.map(({ outcome }) => outcome))).toEqual({ recorded: 1, duplicate: 19, replayed: 20 })
      expect(new Set(results.map(({ seq }) => seq)).size).toBe(1)
      expect(await lastOf(stage).events(event.mchid, { limit: 5 })).toMatchObject([{ repeats: 19 }])
      expect(await lastOf(stage).deliveries(event.mchid, { limit: 5 })).toHaveLength(1)
    },
  },
  {
    name: 'an event that a query and a notification report at once is recorded once',
    async run(stage) {
      const { mchid } = eventOf()
      const results = await together(stage, 20, (ledger, at) =>
        ledger.recordEvent(eventOf({ mchid, dedupeKey: 'PAID/1', id: `other-${at}` })),
      )
      expect(countsOf(results.map(({ outcome }) => outcome))).toEqual({ recorded: 1, duplicate: 19 })
    },
  },
  {
    name: 'repeats of an event at once are all counted',
    async run(stage) {
      const event = eventOf()
      const { seq } = await stage.ledgers[0].recordEvent(event)
      await together(stage, 20, ledger => ledger.recordRepeat(event.mchid, event.id))
      expect(await lastOf(stage).event(event.mchid, seq)).toMatchObject({ repeats: 20 })
    },
  },
  {
    name: 'of many claims of a delivery one succeeds',
    async run(stage) {
      const id = await record(stage)
      const claims = await together(stage, 20, (ledger, at) => ledger.claimDelivery(id, `owner-${at}`))
      expect(countsOf(claims.map(({ kind }) => kind))).toEqual({ claimed: 1, later: 19 })
    },
  },
  {
    name: 'reservations at once get different deliveries',
    async run(stage) {
      const { mchid } = eventOf()
      for (let at = 0; at < 30; at++) await record(stage, { mchid, endpoints: ['shop', 'other'] })
      const reserved = await together(stage, 2, ledger =>
        ledger.reserveDueDeliveries(mchid, stage.clock.now, 20, { other: 5 }),
      )
      const ids = reserved.flat().map(({ id }) => id)
      // All 30 of one endpoint, and five for each reservation of the other.
      expect([ids.length, new Set(ids).size]).toEqual([40, 40])
    },
  },
  {
    name: 'a reserved delivery that is blocked can be claimed as soon as the one before it has ended',
    async run(stage) {
      const { mchid } = eventOf()
      const { ledgers, clock } = stage
      const [p, q] = [ledgers[0], lastOf(stage)]
      const b = await record(stage, { mchid, subject: 's', createdAt: 2 })
      expect(await q.reserveDueDeliveries(mchid, clock.now, 10, {})).toMatchObject([{ id: b }])
      // An earlier event of the same subject arrives late.
      const a = await record(stage, { mchid, subject: 's', createdAt: 1 })
      await p.claimDelivery(a, 'p')
      expect((await q.claimDelivery(b, 'q')).kind).toBe('blocked')
      const delivered = { tries: 0, at: clock.now, ms: 1, status: 200, result: 'delivered' } as const
      expect(await p.recordAttempt(a, delivered)).toEqual({ unblocked: [b] })
      // It is no longer reserved.
      expect((await p.claimDelivery(b, 'p')).kind).toBe('claimed')
    },
  },
  {
    name: 'of many calls with one Idempotency-Key at once one is sent',
    async run(stage) {
      const keyed = { key: 'k', hash: 'h', caller: 'keyed' }
      const calls = Array.from({ length: 20 }, () => callOf(keyed))
      const results = await together(stage, 20, (ledger, at) => ledger.beginCall(calls[at]!))
      expect(countsOf(results.map(({ outcome }) => outcome))).toEqual({ send: 1, running: 19 })
      // A key whose call has ended in doubt goes to one of those who follow, too.
      const [sent] = calls.filter((_, at) => results[at]!.outcome === 'send')
      const end = { status: 502, code: null, wechatpayRequestId: null, inDoubt: true, response: null }
      await stage.ledgers[0].endCall(sent!.id, end)
      const again = await together(stage, 20, ledger => ledger.beginCall(callOf({ ...keyed, isRepeatable: true })))
      expect(countsOf(again.map(({ outcome }) => outcome))).toEqual({ send: 1, running: 19 })
    },
  },
  {
    name: 'a rate is one for all calls at once',
    async run(stage) {
      const rate = { max: 10, seconds: 5 }
      const waits = await together(stage, 60, ledger => ledger.takeToken('limited', rate))
      expect(waits.filter(wait => wait === 0)).toHaveLength(10)
      expect(new Set(waits.filter(wait => wait > 0))).toEqual(new Set([500]))
      stage.clock.now += 1_000
      const later = await together(stage, 20, ledger => ledger.takeToken('limited', rate))
      expect(later.filter(wait => wait === 0)).toHaveLength(2)
    },
  },
  {
    name: 'a due watch is queried once',
    async run(stage) {
      const { mchid } = eventOf()
      const { ledgers, clock } = stage
      for (let at = 0; at < 10; at++)
        await ledgers[0].watch({ mchid, kind: 'v3-order', number: `T${at}`, query: {} }, clock.now)
      const claimed = await together(stage, 8, ledger => ledger.claimDueWatches(mchid, 10, clock.now + 60_000))
      const ids = claimed.flat().map(({ id }) => id)
      expect([ids.length, new Set(ids).size]).toEqual([10, 10])
    },
  },
  {
    name: 'a watch that many calls place at once counts each of them',
    async run(stage) {
      const watch = { mchid: eventOf().mchid, kind: 'v3-order', number: 'T1', query: {} }
      const { ledgers, clock } = stage
      const watched = async () => (await ledgers[0].depths(watch.mchid)).watched
      await together(stage, 12, ledger => ledger.watch(watch, clock.now))
      await together(stage, 11, ledger => ledger.releaseWatch(watch, clock.now))
      expect(await watched()).toEqual({ 'v3-order': 1 })
      await lastOf(stage).releaseWatch(watch, clock.now)
      expect(await watched()).toEqual({})
    },
  },
  {
    name: 'an open circuit is probed by one attempt',
    async run(stage) {
      const { mchid } = eventOf()
      const ids = await recordMany(stage, 10, { mchid })
      const { ledgers, clock } = stage
      for (const id of ids.slice(0, 5)) {
        await ledgers[0].claimDelivery(id)
        clock.now += MIN_OUTAGE / 4
        const failure = { tries: 0, at: clock.now, ms: 1, result: clock.now + 3_600_000, isOutage: true }
        await ledgers[0].recordAttempt(id, failure)
      }
      expect(await ledgers[0].circuits(mchid)).toHaveLength(1)
      clock.now += 10_000
      const claims = await together(stage, 5, (ledger, at) => ledger.claimDelivery(ids[5 + at]!, `o${at}`))
      expect(countsOf(claims.map(({ kind }) => kind))).toEqual({ claimed: 1, 'circuit-open': 4 })
    },
  },
  {
    name: 'failures that are recorded at once are all counted, and each delivery once',
    async run(stage) {
      const { mchid } = eventOf()
      const { ledgers, clock } = stage
      const ids = await recordMany(stage, 12, { mchid })
      const failure = { at: clock.now - MIN_OUTAGE, ms: 1, result: clock.now + 1_000, isOutage: true }
      await together(stage, 12, (ledger, at) => ledger.recordAttempt(ids[at]!, { ...failure, tries: 0 }))
      await ledgers[0].recordAttempt(ids[3]!, { ...failure, tries: 1 })
      const [circuit] = await lastOf(stage).circuits(mchid)
      // The last one may have been the fourth delivery, which then does not count again.
      expect([12, 13]).toContain(circuit?.failures)
    },
  },
  {
    name: 'of failures that are recorded at once one says that it has opened the circuit, of responses one that it has closed it',
    async run(stage) {
      const { clock } = stage
      const ids = await recordMany(stage, 24, { mchid: eventOf().mchid })
      const failure = { tries: 0, at: clock.now - MIN_OUTAGE, ms: 1, result: clock.now + 1_000, isOutage: true }
      const failed = await together(stage, 12, (ledger, at) => ledger.recordAttempt(ids[at]!, failure))
      expect(failed.flatMap(({ circuit = [] }) => circuit)).toEqual(['opened'])
      const response = { tries: 0, at: clock.now, ms: 1, status: 204, result: 'delivered', isOutage: false } as const
      const delivered = await together(stage, 12, (ledger, at) => ledger.recordAttempt(ids[12 + at]!, response))
      expect(delivered.flatMap(({ circuit = [] }) => circuit)).toEqual(['closed'])
    },
  },
  {
    name: 'an event that operators send again at once gets one delivery to the endpoint',
    async run(stage) {
      const event = eventOf({ endpoints: [] })
      const { seq } = await stage.ledgers[0].recordEvent(event)
      const ids = await together(stage, 10, ledger => ledger.resendEvent(event.mchid, seq, ['other']))
      expect(new Set(ids.flat()).size).toBe(1)
    },
  },
  {
    name: 'counts that are added at once add up',
    async run(stage) {
      await together(stage, 50, ledger => ledger.addCounts([{ name: 'n', labels: { b: '1', a: '2' }, by: 1 }]))
      expect(await lastOf(stage).counters()).toEqual([{ name: 'n', labels: { a: '2', b: '1' }, value: 50 }])
    },
  },
  {
    name: 'of many who dismiss a watch in doubt one does so',
    async run(stage) {
      const { mchid } = eventOf()
      const { ledgers, clock } = stage
      await ledgers[0].watch({ mchid, kind: 'v3-order', number: 'T1', query: {} }, clock.now)
      const [{ id } = { id: 0 }] = await ledgers[0].claimDueWatches(mchid, 1, clock.now + MINUTE)
      await ledgers[0].rescheduleQuery(id, clock.now + MINUTE, { isDoubtful: true })
      const dismissed = await together(stage, 10, ledger => ledger.dismiss(mchid, id))
      expect(countsOf(dismissed.map(String))).toEqual({ true: 1, false: 9 })
    },
  },
  {
    name: 'faults, probes and ends of sweeps that are written at once are there',
    async run(stage) {
      const { mchid } = eventOf()
      await together(stage, 20, async (ledger, at) => {
        await Promise.all([ledger.recordFault(mchid, 'calls', `C${at}`), ledger.probeWrite(), ledger.recordSweep()])
      })
      expect(await lastOf(stage).faults(mchid)).toMatchObject([{ kind: 'calls' }])
      expect(await lastOf(stage).lastSweep()).toBe(stage.clock.now)
    },
  },
  {
    name: 'attempts side by side keep the order within each subject',
    async run(stage) {
      const { mchid } = eventOf()
      const { ledgers, clock } = stage
      const order = new Map<string, number[]>()
      const expected = new Map<string, number[]>()
      for (let at = 0; at < 40; at++) {
        const subject = `s${at % 4}`
        expected.set(subject, [...(expected.get(subject) ?? []), await record(stage, { mchid, subject })])
      }
      const deliverAll = async (ledger: Ledger, name: string) => {
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
      await Promise.all([deliverAll(ledgers[0], 'a'), deliverAll(lastOf(stage), 'b'), deliverAll(lastOf(stage), 'c')])
      expect(order).toEqual(expected)
    },
  },
  {
    name: 'many calls at once after the clock was set back move times back once',
    async run(stage) {
      const remaining = await recordLate(stage)
      stage.clock.now -= 20 * MINUTE
      await followClock(stage, 10)
      expect(await remaining()).toBe(60 * MINUTE)
      await followClock(stage, 10)
      expect(await remaining()).toBe(60 * MINUTE)
    },
  },
  {
    name: 'a setback to a time after the stored one, which each process notices by its own last call, moves times back once',
    async run(stage) {
      const remaining = await recordLate(stage)
      // Too early for the time to be stored again.
      stage.clock.now += 50_000
      await followClock(stage, 2)
      stage.clock.now -= 45_000
      await followClock(stage, 10)
      expect(await remaining()).toBe(60 * MINUTE - 50_000)
    },
  },
  {
    name: 'each of two setbacks moves times back, whichever process notices it',
    async run(stage) {
      const remaining = await recordLate(stage)
      for (const ledger of [stage.ledgers[0], lastOf(stage)]) {
        stage.clock.now -= 10 * MINUTE
        await ledger.lastSweep()
      }
      await followClock(stage, 10)
      expect(await remaining()).toBe(60 * MINUTE)
    },
  },
]
