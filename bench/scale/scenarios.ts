import { ASSUMPTIONS, curve, END, OUTAGE, PEAK_AT } from './assumptions.ts'
import { type CellOptions, type CellResult, PERIOD, simulateCell } from './cell.ts'
import { zipfShares } from './distribution.ts'
import type { Plan } from './plan.ts'
import type { LedgerTimes, ServiceTimes } from './service-times.ts'

/** A simulated cell, made smaller by a factor: more servers would wait less, so its waits are not too short. */
export interface Scenario {
  readonly result: CellResult
  /** The simulated share of a cell. */
  readonly scale: number
  /** The end of the outage, ms. */
  readonly end?: number
}

/** Notifications per second of the simulated part at the peak, which bounds the time that the simulation takes. */
const SIMULATED = 300

export function runScenarios(
  plan: Plan,
  times: ServiceTimes,
  ledger: LedgerTimes,
): Record<'peak' | 'failover' | 'region' | 'endpoint' | 'large', Scenario> {
  const processes = Math.max(1, Math.round((SIMULATED / plan.ofCell) * plan.processesPerDatabase))
  const scale = processes / plan.processesPerDatabase
  const rate = plan.ofCell * scale
  // The large merchants, which need a cell of their own, are left out.
  const sizes = zipfShares(ASSUMPTIONS.merchants, ASSUMPTIONS.exponent).slice(plan.merchantsBeyond)
  const shares = sizes.filter((_, rank) => rank % plan.databases === 0)
  const { processors, efficiency } = ASSUMPTIONS.database
  // The station has whole processors: slower ones stand for the fraction.
  const databaseProcessors = Math.max(1, Math.round(processors * scale))
  const slower = databaseProcessors / (processors * efficiency * scale)
  const common: CellOptions = {
    times,
    ledger: slowServer(ledger, slower),
    processes,
    connections: ASSUMPTIONS.connections,
    databaseProcessors,
    roundTrip: ASSUMPTIONS.roundTrip,
    shares,
    rate: at => rate * curve(at),
    end: END,
    endpoint: ASSUMPTIONS.endpoint,
    seed: 11,
  }
  const isUpAgain = (duration: number) => (at: number) => at < PEAK_AT || at >= PEAK_AT + duration
  const isUp = isUpAgain(OUTAGE)
  const run = (options: Partial<CellOptions>, end?: number): Scenario => ({
    result: simulateCell({ ...common, ...options }),
    scale,
    ...(end !== undefined && { end }),
  })
  const end = PEAK_AT + OUTAGE
  const short = OUTAGE / 6
  return {
    peak: run({}),
    failover: run({ isUp: isUpAgain(short) }, PEAK_AT + short),
    region: run({ isUp }, end),
    endpoint: run({ isEndpointUp: (merchant, at) => merchant !== 0 || isUp(at) }, end),
    // A cell of its own for one merchant: its endpoint has the largest share, and there are as many processes as that requires.
    large: run(
      {
        shares: [1],
        processes: Math.ceil(rate / (plan.ofOwnEndpoint * ASSUMPTIONS.use)),
        isEndpointUp: (_, at) => isUp(at),
      },
      end,
    ),
  }
}

function slowServer(ledger: LedgerTimes, factor: number): LedgerTimes {
  const slow = (time: LedgerTimes['record']) => ({ ...time, server: time.server * factor })
  return { ...ledger, record: slow(ledger.record), claim: slow(ledger.claim), attempt: slow(ledger.attempt) }
}

/** Returns the minutes from the end of an outage until a backlog is below a second of arrivals; undefined if it never is. */
export function recoveryMinutes(
  { timeline }: CellResult,
  name: 'unrecorded' | 'pending',
  { from, limit }: { from: number; limit: number },
): number | undefined {
  const first = Math.floor(from / PERIOD)
  const after = timeline.values(name).slice(first)
  // The last period is not complete.
  const last = after.slice(0, -1).findLastIndex(value => value > limit)
  if (last === after.length - 2) return undefined
  return ((last + 1) * PERIOD) / 60_000
}
