import { beforeAll, describe, expect, test } from 'vitest'
import { WORKER } from '../../bench/gateway/load-worker.ts'
import { refundsOf } from './overtaken.ts'
import { type LoadRun, runLoad } from './run.ts'

const COUNT = 400

describe(`${COUNT} notifications to the Worker in workerd, 64 at a time, of which a tenth are repeated and a twentieth forged`, () => {
  let run: LoadRun
  beforeAll(async () => {
    run = await runLoad(COUNT, WORKER)
  }, 600_000)

  test('each genuine one is acknowledged and recorded once, each forged one refused', () => {
    expect(run.statuses).toEqual(run.mix.sendings.map(({ flaw }) => (flaw ? 401 : 204)))
    expect(run.ledger.events).toEqual(run.mix.genuine.map(({ id }) => id).sort())
    expect(run.ledger.repeats).toBe(40)
  })

  test('each genuine one is delivered, a refund after its payment, and nothing else', () => {
    expect(run.shop.wrong).toEqual([])
    const acknowledged = [...run.shop.seen].filter(([, { acknowledged }]) => acknowledged !== undefined)
    expect(acknowledged.map(([id]) => id).sort()).toEqual(run.ledger.events)
    expect(run.ledger.deliveries).toEqual({ delivered: 340 })
    expect(run.ledger.odd).toBe(0)
    expect(refundsOf(run.mix, run.shop).overtaken).toEqual([])
  })

  test('the counters agree, though they are gathered in memory', () => {
    expect(run.ledger.notifications).toEqual({ recorded: 340, duplicate: 40, forged: 10, probe: 5, stale: 5 })
    expect(run.shop.failures()).toBeGreaterThan(5)
    expect(run.ledger.attempts).toEqual({ delivered: 340, failed: run.shop.failures() })
  })
})
