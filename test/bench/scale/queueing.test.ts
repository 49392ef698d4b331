import { describe, expect, it, test } from 'vitest'
import { createDraw, createRankDraw, zipfShares } from '../../../bench/scale/distribution.ts'
import { erlangC, meanWait, serversFor } from '../../../bench/scale/erlang.ts'
import { createSimulation } from '../../../bench/scale/simulation.ts'
import { createStation } from '../../../bench/scale/station.ts'
import { createRandom } from '../../load/random.ts'

describe('Erlang C', () => {
  it.each([
    // One server: the share of its time. Two: 2ρ²/(1+ρ). The others are of printed tables of Erlang C.
    [1, 0.8, 0.8],
    [2, 1.5, (2 * 0.75 ** 2) / 1.75],
    [3, 2, 0.4444],
    [5, 4, 0.5541],
    [10, 8, 0.4092],
    [20, 16, 0.2561],
  ])('%d servers, %d erlang: %d wait', (servers, load, share) => {
    expect(erlangC(servers, load)).toBeCloseTo(share, 4)
  })

  it('does not overflow with thousands of servers', () => {
    expect(erlangC(5_000, 4_900)).toBeGreaterThan(0)
    expect(erlangC(5_000, 4_900)).toBeLessThan(1)
  })

  it('says that nobody is served in time by too few', () => {
    expect([erlangC(2, 2), meanWait(2, 2, 1)]).toEqual([1, Number.POSITIVE_INFINITY])
  })

  it('finds the smallest number of servers', () => {
    const servers = serversFor(8, 1, { maxUse: 1, maxWait: 0.21 })
    expect(servers).toBe(10)
    expect(meanWait(servers - 1, 8, 1)).toBeGreaterThan(0.21)
  })
})

/** Simulates random arrivals at servers with exponential service times of 1. */
function simulate(servers: number, arrivals: number, seed: number, end = 400_000) {
  const simulation = createSimulation()
  const draw = createDraw(createRandom(seed))
  const station = createStation(simulation, servers)
  let inSystem = 0
  let finished = 0
  const arrive = (): void => {
    const since = simulation.now()
    station.serve(draw.exponential(1), () => {
      inSystem += simulation.now() - since
      finished++
    })
    simulation.after(draw.exponential(1 / arrivals), arrive)
  }
  simulation.after(0, arrive)
  simulation.runUntil(end / arrivals)
  return { ...station.measure(), meanTime: inSystem / finished, finished, period: end / arrivals }
}

describe('a simulated station waits as theory says', () => {
  it.each([
    [1, 0.5],
    [1, 0.8],
    [2, 1.5],
    [10, 8],
    [20, 16],
  ])('M/M/%d with %d arrivals per service time', (servers, arrivals) => {
    const { meanWait: measured, utilisation, meanWaiting, served, period, meanTime } = simulate(servers, arrivals, 7)
    const expected = meanWait(servers, arrivals, 1)
    expect(measured / expected).toBeGreaterThan(0.93)
    expect(measured / expected).toBeLessThan(1.07)
    expect(utilisation).toBeCloseTo(arrivals / servers, 2)
    expect(meanTime).toBeCloseTo(measured + 1, 1)
    // Little's law, of those that wait: number = rate × time.
    expect(meanWaiting / ((served / period) * measured)).toBeCloseTo(1, 2)
  })
})

test('the same seed simulates the same, another seed another', () => {
  const run = (seed: number) => simulate(3, 2.4, seed, 5_000)
  expect(run(1)).toEqual(run(1))
  expect(run(1)).not.toEqual(run(2))
})

describe('simulation', () => {
  it('runs work by time, and work of one time in its order', () => {
    const simulation = createSimulation()
    const ran: string[] = []
    const note = (name: string) => ran.push(`${name}${simulation.now()}`)
    simulation.after(2, () => note('c'))
    simulation.after(1, () => {
      note('a')
      simulation.after(0, () => note('b'))
      simulation.after(1, () => note('d'))
    })
    simulation.after(9, () => note('late'))
    simulation.runUntil(3)
    expect([ran, simulation.now()]).toEqual([['a1', 'b1', 'c2', 'd2'], 3])
  })

  it('serves in the order of arrival, however long the queue', () => {
    const simulation = createSimulation()
    const station = createStation(simulation, 1)
    const ended: number[] = []
    for (let at = 0; at < 5_000; at++) station.serve(1, () => ended.push(at))
    simulation.runUntil(2_500)
    expect([ended.length, station.waiting()]).toEqual([2_500, 2_499])
    simulation.runUntil(5_000)
    expect(ended).toEqual(Array.from({ length: 5_000 }, (_, at) => at))
  })
})

describe('distributions', () => {
  const draw = createDraw(createRandom(3))
  const meanOf = (next: () => number) => Array.from({ length: 200_000 }, next).reduce((a, b) => a + b) / 200_000

  it('have their means', () => {
    expect(meanOf(() => draw.exponential(5))).toBeCloseTo(5, 1)
    expect(meanOf(() => draw.lognormal(200, 0.5)) / 200).toBeCloseTo(1, 2)
  })

  it('ranks are drawn by their shares', () => {
    const shares = zipfShares(4, 1)
    expect(shares.map(share => share * 25)).toEqual([12, 6, 4, 3].map(share => expect.closeTo(share, 9)))
    const rank = createRankDraw(shares, createRandom(5))
    const counts = [0, 0, 0, 0]
    for (let turn = 0; turn < 100_000; turn++) counts[rank()]!++
    expect(counts.map(count => count / 100_000)).toEqual(shares.map(share => expect.closeTo(share, 2)))
  })
})
