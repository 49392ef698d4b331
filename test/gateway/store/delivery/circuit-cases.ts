import { expect } from 'vitest'
import type { RecordedAttempt } from '../../../../src/gateway/store/delivery/attempts.ts'
import { MIN_FAILURES, MIN_OUTAGE } from '../../../../src/gateway/store/delivery/circuits.ts'
import { LEASE } from '../../../../src/gateway/store/delivery/claims.ts'
import type { LedgerCase, Stage } from '../cases.ts'

const mchid = '1900000109'
const SECOND = 1000
let count = 0

/** An event for endpoints. @returns its deliveries, in the order of the endpoints */
function record({ store }: Stage, ...to: string[]): number[] {
  count++
  const { deliveries } = store.recordEvent({
    mchid,
    api: 'v3',
    id: `CIRCUIT-${count}`,
    event: 'X',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    nonce: null,
    source: 'notification',
    createdAt: count,
    endpoints: to,
  })
  return [...deliveries]
}

const recordMany = (stage: Stage, times: number, endpoint: string): number[] =>
  Array.from({ length: times }, () => record(stage, endpoint)[0]!)

/** One attempt that nobody, after a while, or somebody answers; the next one is due in 5 s. */
function attempt({ store, clock }: Stage, id: number, outcome: 'outage' | 'refused' | 'delivered'): RecordedAttempt {
  const claim = store.claimDelivery(id)
  if (claim.kind !== 'claimed') throw new Error(`The delivery ${id} is ${claim.kind}.`)
  return store.recordAttempt(id, {
    tries: claim.delivery.tries,
    at: clock.now - (outcome === 'outage' ? MIN_OUTAGE : 0),
    ms: 5,
    result: outcome === 'delivered' ? 'delivered' : clock.now + 5 * SECOND,
    isOutage: outcome === 'outage',
  })
}

const dueOf = ({ store, clock }: Stage, limit = 100): number[] =>
  store.dueDeliveries(mchid, clock.now, limit).map(({ id }) => id)

/** Opens the circuit of the shop. @returns the deliveries that have failed */
function open(stage: Stage): number[] {
  const failed = recordMany(stage, MIN_FAILURES, 'shop')
  for (const id of failed) attempt(stage, id, 'outage')
  return failed
}

/** Where nobody has to be there to be counted: in a file, and in a Durable Object. */
export const circuitCases: readonly LedgerCase[] = [
  {
    name: 'however much is due to one endpoint, what is due to another is found too',
    run(stage) {
      const hanging = recordMany(stage, 300, 'hanging')
      stage.clock.now += SECOND
      const [healthy] = record(stage, 'shop')
      expect(dueOf(stage, 10)).toEqual([...hanging.slice(0, 10), healthy])
    },
  },
  {
    name: 'after five outages in a row nothing is sent to an endpoint for a while; no other is held up, and no attempt is burned',
    run(stage) {
      const { store, clock } = stage
      const waiting = recordMany(stage, 3, 'shop')
      const [elsewhere] = record(stage, 'books')
      const failed = recordMany(stage, MIN_FAILURES, 'shop')
      for (const id of failed.slice(1)) attempt(stage, id, 'outage')
      expect(store.circuits(mchid)).toEqual([])
      attempt(stage, failed[0]!, 'outage')
      const retry_at = clock.now + 5 * SECOND
      expect(store.circuits(mchid)).toEqual([
        { endpoint: 'shop', failures: MIN_FAILURES, opened_at: clock.now, retry_at },
      ])
      for (const id of waiting) expect(store.claimDelivery(id)).toEqual({ kind: 'circuit-open', at: retry_at })
      expect(dueOf(stage)).toEqual([elsewhere])
      attempt(stage, elsewhere!, 'delivered')
      expect(store.nextDueAt(mchid)).toBe(retry_at)
      for (const id of waiting) {
        const row = store.delivery(mchid, id)!
        expect([row.state, row.tries, row.attempts]).toEqual(['pending', 0, []])
      }
    },
  },
  {
    name: 'then one delivery is the probe; while nobody answers it the pause doubles, to half a minute',
    run(stage) {
      const { store, clock } = stage
      open(stage)
      const waiting = recordMany(stage, 20, 'shop')
      for (const pause of [5, 10, 20, 30, 30, 30]) {
        clock.now += pause * SECOND - 1
        expect(dueOf(stage)).toEqual([])
        clock.now += 1
        const [probe, ...more] = dueOf(stage)
        expect(more).toEqual([])
        const claim = store.claimDelivery(probe!)
        expect(claim.kind).toBe('claimed')
        // Nobody else probes meanwhile.
        expect(dueOf(stage)).toEqual([])
        const other = waiting.find(id => id !== probe)!
        expect(store.claimDelivery(other).kind).toBe('circuit-open')
        const { tries } = store.delivery(mchid, probe!)!
        store.recordAttempt(probe!, { tries, at: clock.now, ms: 1, result: clock.now + 3_600 * SECOND, isOutage: true })
      }
      expect(waiting.filter(id => store.delivery(mchid, id)!.tries > 0).length).toBeLessThanOrEqual(6)
    },
  },
  {
    name: 'when somebody answers the probe, a refusal too, all that has waited goes out',
    run(stage) {
      const { store, clock } = stage
      for (const outcome of ['delivered', 'refused'] as const) {
        open(stage)
        const waiting = recordMany(stage, 3, 'shop')
        clock.now += 5 * SECOND
        const [probe] = dueOf(stage)
        const released = [...attempt(stage, probe!, outcome).unblocked]
        expect(released).toEqual(expect.arrayContaining(waiting.filter(id => id !== probe)))
        expect(released).not.toContain(probe)
        expect(store.circuits(mchid)).toEqual([])
        expect(dueOf(stage)).toEqual(expect.arrayContaining(released))
        for (const id of dueOf(stage)) attempt(stage, id, 'delivered')
        clock.now += 60 * SECOND
        for (const id of dueOf(stage)) attempt(stage, id, 'delivered')
      }
    },
  },
  {
    name: 'the attempt that opens a circuit says so, and the one that closes it; no other does',
    run(stage) {
      const { clock } = stage
      const changeOf = (id: number, outcome: Parameters<typeof attempt>[2]) => attempt(stage, id, outcome).circuit
      const [answered, ...failing] = recordMany(stage, 2 * MIN_FAILURES, 'shop')
      expect(failing.slice(0, MIN_FAILURES - 1).map(id => changeOf(id, 'outage'))).toEqual(Array(4).fill(undefined))
      // The circuit has not opened yet.
      expect(changeOf(answered!, 'refused')).toBeUndefined()
      const opening = recordMany(stage, MIN_FAILURES, 'shop')
      expect(opening.map(id => changeOf(id, 'outage'))).toEqual([...Array(4).fill(undefined), 'opened'])
      for (const pause of [5, 10]) {
        clock.now += pause * SECOND
        expect(changeOf(dueOf(stage)[0]!, 'outage')).toBeUndefined()
      }
      clock.now += 20 * SECOND
      expect(changeOf(dueOf(stage)[0]!, 'delivered')).toBe('closed')
      expect(changeOf(dueOf(stage)[0]!, 'delivered')).toBeUndefined()
    },
  },
  {
    name: 'a circuit that would open for the last waiting delivery has neither opened nor closed',
    run(stage) {
      const { store, clock } = stage
      const changes = recordMany(stage, MIN_FAILURES, 'shop').map(id => {
        const attempted = { tries: 0, at: clock.now - MIN_OUTAGE, ms: 1, error: 'TIMEOUT', isOutage: true }
        return store.recordAttempt(id, { ...attempted, result: 'dead' }).circuit
      })
      expect(changes).toEqual(Array(MIN_FAILURES).fill(undefined))
      expect(store.circuits(mchid)).toEqual([])
    },
  },
  {
    name: 'an endpoint that refuses events, answers in between, or fails one event again and again, is not left alone',
    run(stage) {
      const { store } = stage
      for (const id of recordMany(stage, 3 * MIN_FAILURES, 'shop')) attempt(stage, id, 'refused')
      for (const [at, id] of recordMany(stage, 3 * MIN_FAILURES, 'shop').entries())
        attempt(stage, id, at % MIN_FAILURES === MIN_FAILURES - 1 ? 'delivered' : 'outage')
      const [alone] = record(stage, 'shop')
      for (let turn = 0; turn < 3 * MIN_FAILURES; turn++) {
        attempt(stage, alone!, 'outage')
        stage.clock.now += 5 * SECOND
      }
      expect(store.circuits(mchid)).toEqual([])
    },
  },
  {
    name: 'many that fail within a moment say little: only when nobody has answered for five seconds is it an outage',
    run(stage) {
      const { store, clock } = stage
      const fail = (id: number) => {
        const claim = store.claimDelivery(id)
        if (claim.kind !== 'claimed') return claim.kind
        const { tries } = claim.delivery
        store.recordAttempt(id, { tries, at: clock.now, ms: 1, result: clock.now + 5 * SECOND, isOutage: true })
        return 'failed'
      }
      const many = recordMany(stage, 50, 'shop')
      expect(new Set(many.map(fail))).toEqual(new Set(['failed']))
      expect(store.circuits(mchid)).toEqual([])
      clock.now += MIN_OUTAGE
      expect(
        dueOf(stage)
          .map(fail)
          .filter(kind => kind === 'failed'),
      ).toHaveLength(1)
      expect(store.circuits(mchid)).toHaveLength(1)
    },
  },
  {
    name: 'what was under way when the circuit opened does not prolong the pause',
    run(stage) {
      const { store, clock } = stage
      const ids = recordMany(stage, 64, 'shop')
      for (const id of ids) expect(store.claimDelivery(id).kind).toBe('claimed')
      clock.now += 10 * SECOND
      const settled = {
        tries: 0,
        at: clock.now - 10 * SECOND,
        ms: 10_000,
        error: 'TIMEOUT',
        result: clock.now + 5 * SECOND,
      }
      for (const id of ids) store.recordAttempt(id, { ...settled, isOutage: true })
      expect(store.circuits(mchid)).toMatchObject([{ failures: 64, retry_at: clock.now + 5 * SECOND }])
    },
  },
  {
    name: 'the probe is what fell due last, so that events that fail for their own sake hold no new one',
    run(stage) {
      const { clock } = stage
      open(stage)
      clock.now += 6 * SECOND
      const [fresh] = record(stage, 'shop')
      expect(dueOf(stage)).toEqual([fresh])
      attempt(stage, fresh!, 'delivered')
      expect(stage.store.circuits(mchid)).toEqual([])
    },
  },
  {
    name: 'a probe whose process has ended is followed by another',
    run(stage) {
      const { store, clock } = stage
      open(stage)
      recordMany(stage, 2, 'shop')
      clock.now += 5 * SECOND
      expect(store.claimDelivery(dueOf(stage)[0]!).kind).toBe('claimed')
      clock.now += LEASE - 1
      expect(dueOf(stage)).toEqual([])
      clock.now += 1
      expect(dueOf(stage)).toHaveLength(1)
      // One that begins knows that nothing is under way.
      store.claimDelivery(dueOf(stage)[0]!)
      store.releaseLeases()
      expect(dueOf(stage)).toHaveLength(1)
    },
  },
  {
    name: 'an attempt that could send nothing closes the circuit: an endpoint that is gone is spared no request',
    run(stage) {
      const { store, clock } = stage
      open(stage)
      const waiting = recordMany(stage, 3, 'shop')
      clock.now += 6 * SECOND
      const [probe] = dueOf(stage)
      store.claimDelivery(probe!)
      const attempted = { tries: 0, at: clock.now, ms: 0, error: 'ENDPOINT_GONE', result: clock.now + 60 * SECOND }
      const { unblocked: released, circuit } = store.recordAttempt(probe!, { ...attempted, isOutage: null })
      expect(circuit).toBe('closed')
      expect(store.circuits(mchid)).toEqual([])
      expect(released).toEqual(expect.arrayContaining(waiting.filter(id => id !== probe)))
      for (const id of released) expect(store.claimDelivery(id).kind).toBe('claimed')
    },
  },
  {
    name: 'a circuit that nothing waits for any more is gone',
    run(stage) {
      const { store, clock } = stage
      const failed = open(stage)
      expect(store.circuits(mchid)).toHaveLength(1)
      const changes = failed.map(id => {
        const { tries } = store.delivery(mchid, id)!
        const attempted = { tries, at: clock.now, ms: 1, error: 'TIMEOUT', isOutage: true }
        return store.recordAttempt(id, { ...attempted, result: 'dead' }).circuit
      })
      expect(changes).toEqual([...Array(MIN_FAILURES - 1).fill(undefined), 'closed'])
      expect(store.circuits(mchid)).toEqual([])
      const [fresh] = record(stage, 'shop')
      expect(store.claimDelivery(fresh!).kind).toBe('claimed')
    },
  },
  {
    name: 'a replay is tried at once, and a clock that is set back does not prolong the pause',
    run(stage) {
      const { store, clock } = stage
      const [failed] = open(stage)
      clock.now += 10
      store.replayDelivery(mchid, failed!)
      expect(dueOf(stage)).toEqual([failed])
      attempt(stage, failed!, 'outage')
      clock.now -= 3_600 * SECOND
      record(stage, 'shop')
      clock.now += 10 * SECOND
      expect(dueOf(stage)).toHaveLength(1)
    },
  },
  {
    name: 'the next time leaves out endpoints that have no room, and circuits of one merchant are not those of another',
    run(stage) {
      const { store, clock } = stage
      record(stage, 'hanging')
      const start = clock.now
      clock.now += SECOND
      record(stage, 'shop')
      expect(store.nextDueAt(mchid)).toBe(start)
      expect(store.nextDueAt(mchid, ['hanging'])).toBe(start + SECOND)
      expect(store.nextDueAt(mchid, ['hanging', 'shop'])).toBeUndefined()
      open(stage)
      expect(store.circuits('1900000110')).toEqual([])
    },
  },
  {
    name: 'the depths say what waits, since when, and what was given up',
    run(stage) {
      const { store, clock } = stage
      const start = clock.now
      recordMany(stage, 5, 'shop')
      clock.now += SECOND
      const [dead] = recordMany(stage, 1, 'books')
      const claim = store.claimDelivery(dead!)
      if (claim.kind === 'claimed') store.recordAttempt(dead!, { tries: 0, at: clock.now, ms: 1, result: 'dead' })
      expect(store.depths(mchid)).toMatchObject({ pending: 5, dead: 1, oldestPendingAt: start })
    },
  },
]
