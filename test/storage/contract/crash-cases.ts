import { expect } from 'vitest'
import type { LedgerStore } from '../../../src/gateway/store/ledger.ts'
import type { Sql } from '../../../src/gateway/store/sql.ts'
import { callOf, eventOf, type LedgerCase, type Stage } from '../../gateway/store/cases.ts'

// A process that dies between two statements of a method: its transaction is rolled back.

const mchid = '1900000109'
const MINUTE = 60_000

/** A method that writes, with what it needs. */
interface Step {
  readonly name: keyof LedgerStore
  /** @returns the call that is interrupted */
  readonly prepare: (stage: Stage) => (store: LedgerStore) => unknown
}

const watch = { mchid, kind: 'v3-order', number: 'T1', query: {} }
const attempt = { tries: 0, at: 1, ms: 1, status: 500 }
const ended = { status: 200, code: null, wechatpayRequestId: null, inDoubt: false, response: null }

function record({ store }: Stage, more: object = {}): number {
  return store.recordEvent(eventOf({ subject: 'order/1', ...more })).deliveries[0]!
}
function watchInDoubt({ store, clock }: Stage): number {
  store.watch(watch, clock.now)
  const [{ id } = { id: 0 }] = store.claimDueWatches(mchid, 1, clock.now + MINUTE)
  store.rescheduleQuery(id, clock.now, { isDoubtful: true })
  return id
}

const STEPS: readonly Step[] = [
  {
    name: 'recordEvent',
    prepare: stage => {
      stage.store.watch(watch, stage.clock.now)
      stage.store.recordFault(mchid, 'notifications', 'DECRYPTION_FAILED')
      const settles = [{ kind: watch.kind, number: watch.number }]
      const event = eventOf({ endpoints: ['shop', 'books'], settles, resource: '{"out_trade_no":"T1"}' })
      return store => store.recordEvent(event)
    },
  },
  {
    name: 'recordRepeat',
    prepare: stage => {
      const event = eventOf()
      stage.store.recordEvent(event)
      return store => store.recordRepeat(mchid, event.id)
    },
  },
  {
    name: 'claimDelivery',
    prepare: stage => {
      const id = record(stage)
      return store => store.claimDelivery(id, 'owner')
    },
  },
  {
    name: 'recordAttempt',
    prepare: stage => {
      const [id] = [record(stage), record(stage)]
      stage.store.claimDelivery(id)
      return store => store.recordAttempt(id, { ...attempt, result: 'dead', isOutage: true })
    },
  },
  {
    name: 'replayDelivery',
    prepare: stage => {
      const id = record(stage)
      stage.store.recordAttempt(id, { ...attempt, result: 'dead', isOutage: true })
      return store => store.replayDelivery(mchid, id)
    },
  },
  {
    name: 'resendEvent',
    prepare: stage => {
      const { seq } = stage.store.recordEvent(eventOf())
      return store => store.resendEvent(mchid, seq, ['shop', 'books'])
    },
  },
  {
    name: 'takeLostDeliveries',
    prepare: stage => {
      for (const endpoints of [['shop'], ['books']]) record(stage, { endpoints })
      stage.clock.now += 10 * MINUTE
      return (store: LedgerStore) => store.takeLostDeliveries(mchid, stage.clock.now, 10)
    },
  },
  {
    name: 'beginCall',
    prepare: stage => {
      stage.store.beginCall(callOf({ key: 'k', hash: 'h' }))
      stage.clock.now += 2 * MINUTE
      const call = callOf({ key: 'k', hash: 'h' })
      return store => store.beginCall(call)
    },
  },
  {
    name: 'endCall',
    prepare: stage => {
      const call = callOf({ key: 'k', hash: 'h' })
      stage.store.beginCall(call)
      return store => store.endCall(call.id, ended)
    },
  },
  {
    name: 'watch',
    prepare: stage => {
      stage.store.watch(watch, stage.clock.now)
      return store => store.watch(watch, stage.clock.now)
    },
  },
  {
    name: 'releaseWatch',
    prepare: stage => {
      for (let at = 0; at < 2; at++) stage.store.watch(watch, stage.clock.now)
      return store => store.releaseWatch(watch, stage.clock.now)
    },
  },
  {
    name: 'dismiss',
    prepare: stage => {
      const id = watchInDoubt(stage)
      return store => store.dismiss(mchid, id)
    },
  },
  {
    name: 'purge',
    prepare: stage => {
      const id = record(stage)
      stage.store.recordAttempt(id, { ...attempt, result: 'delivered' })
      stage.store.beginCall(callOf())
      stage.clock.now += MINUTE
      return store => store.purge(stage.clock.now, 10)
    },
  },
]

const TABLES = ['event', 'event_number', 'delivery', 'attempt', 'circuit', 'call', 'watch', 'fault']
/** The rows of all tables, in any order. */
const rowsOf = (sql: Sql): string[][] =>
  TABLES.map(table =>
    sql
      .run(`select * from ${table}`)
      .map(row => JSON.stringify(row))
      .sort(),
  )

/** Opens the ledger in a process that dies before it runs more than so many statements of a method. */
function openMortal({ sql, reopen }: Stage, statements: number) {
  const death = new Error('The process has died.')
  let left = Number.POSITIVE_INFINITY
  const store = reopen({
    ...sql,
    run(statement, ...values) {
      if (left-- === 0) throw death
      return sql.run(statement, ...values)
    },
  })
  // Follows the clock.
  store.lastSweep()
  /** @returns whether the process has died */
  return (work: (store: LedgerStore) => unknown): boolean => {
    left = statements
    try {
      sql.transaction(() => work(store))
    } catch (error) {
      if (error !== death) throw error
      return true
    }
    return false
  }
}

export const crashCases: readonly LedgerCase[] = STEPS.map(({ name, prepare }) => ({
  name: `a process that dies at any statement of ${name} leaves nothing of it, and the next one does all of it`,
  run(stage) {
    const { sql } = stage
    const call = prepare(stage)
    const before = rowsOf(sql)
    let statements = 0
    while (openMortal(stage, statements)(call)) {
      expect(rowsOf(sql)).toEqual(before)
      statements++
    }
    expect(statements).toBeGreaterThan(0)
    expect(rowsOf(sql)).not.toEqual(before)
  },
}))
