import { beforeAll, describe, expect, test } from 'vitest'
import { refundsOf } from './overtaken.ts'
import { type LoadRun, runLoad } from './run.ts'

const COUNT = 20_000

describe(`${COUNT} notifications, 64 at a time, of which a tenth are repeated and a twentieth forged; the endpoint fails every other time`, () => {
  let run: LoadRun
  beforeAll(async () => {
    run = await runLoad(COUNT)
  }, 600_000)

  test('the mix is what it is called', () => {
    const { sendings, genuine, forged, duplicates } = run.mix
    expect([sendings.length, genuine.length, duplicates, forged.length]).toEqual([20_000, 17_000, 2_000, 1_000])
    expect(genuine.filter(({ event }) => event === 'REFUND.SUCCESS')).toHaveLength(850)
    expect(run.shop.failures() / (run.shop.failures() + genuine.length)).toBeCloseTo(0.5, 1)
  })

  test('each genuine one is acknowledged, each forged one refused', () => {
    const answers = run.mix.sendings.map(({ flaw }, at) => `${flaw ?? 'genuine'}: ${run.statuses[at]}`)
    expect(tally(answers)).toEqual({
      'genuine: 204': 19_000,
      'tampered: 401': 250,
      'wrong key: 401': 250,
      'probe: 401': 250,
      'stale: 401': 250,
    })
  })

  test('each genuine one is recorded once, no forged one at all', () => {
    expect(run.ledger.events).toEqual(run.mix.genuine.map(({ id }) => id).sort())
    expect(run.ledger.repeats).toBe(2_000)
  })

  test('each genuine one is delivered, and nothing else', () => {
    expect(run.shop.wrong).toEqual([])
    const acknowledged = [...run.shop.seen].filter(([, { acknowledged }]) => acknowledged !== undefined)
    expect(acknowledged.map(([id]) => id).sort()).toEqual(run.ledger.events)
    expect(run.shop.seen.size).toBe(17_000)
    expect(run.ledger.deliveries).toEqual({ delivered: 17_000 })
    expect(run.ledger.odd).toBe(0)
  })

  test('a refund is not tried before its payment has arrived', () => {
    const { refunds, overtaken } = refundsOf(run.mix, run.shop)
    expect(refunds.length).toBeGreaterThan(850)
    expect(overtaken).toEqual([])
  })

  test('the counters agree', () => {
    expect(run.ledger.notifications).toEqual({
      recorded: 17_000,
      duplicate: 2_000,
      forged: 500,
      probe: 250,
      stale: 250,
    })
    expect(run.ledger.attempts).toEqual({ delivered: 17_000, failed: run.shop.failures() })
  })
})

const tally = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
