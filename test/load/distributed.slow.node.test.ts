import { beforeAll, describe, expect, test } from 'vitest'
import { BAD_NETWORK, type DistributedRun, runDistributed } from './distributed.ts'
import { refundsOf } from './overtaken.ts'

const PROCESSES = 3
const KILLS = 4

describe.each([
  ['on this machine', 2_000, undefined],
  ['over a network that delays, cuts and freezes connections', 600, BAD_NETWORK],
])(
  `notifications to ${PROCESSES} gateways that share a PostgreSQL %s, %i of them: ${KILLS} gateways are killed, PostgreSQL crashes`,
  (_, count, faults) => {
    let run: DistributedRun
    beforeAll(async () => {
      run = await runDistributed({ count, processes: PROCESSES, kills: KILLS, ...(faults && { faults }) })
    }, 900_000)

    test('all of it has happened with requests under way', () => {
      expect(run.unanswered).toBeGreaterThan(0)
      expect(run.pendingAtCrash).toBeGreaterThan(0)
      if (faults) expect(Math.min(run.cuts, run.freezes)).toBeGreaterThan(0)
    })

    test('no process ends of its own accord', () => {
      expect(run.crashes).toBe(0)
    })

    test('each genuine one is acknowledged, each forged one refused', () => {
      const wrong = run.mix.sendings.filter(({ flaw }, at) => run.statuses[at] !== (flaw ? 401 : 204))
      expect(wrong).toEqual([])
    })

    test('each genuine one is recorded once, no forged one at all', () => {
      expect(run.ledger.events).toEqual(run.mix.genuine.map(({ id }) => id).sort())
      expect(run.ledger.repeats).toBeGreaterThanOrEqual(run.mix.duplicates)
    })

    test('each has one delivery, which has reached the endpoint under one name, and nothing else has', () => {
      expect(run.ledger.odd).toBe(0)
      expect(run.ledger.deliveries).toEqual({ delivered: run.mix.genuine.length })
      expect(run.shop.wrong).toEqual([])
      const acknowledged = [...run.shop.seen].filter(([, { acknowledged }]) => acknowledged !== undefined)
      expect(acknowledged.map(([id]) => id).sort()).toEqual(run.ledger.events)
      expect(run.shop.seen.size).toBe(run.mix.genuine.length)
    })

    test('a refund is not tried before its payment has arrived', () => {
      const { refunds, overtaken } = refundsOf(run.mix, run.shop)
      expect(refunds.length).toBeGreaterThan(count * 0.04)
      expect(overtaken).toEqual([])
    })
  },
)
