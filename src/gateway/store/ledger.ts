import { CALL_METHODS, type Calls, createCalls } from './calls.ts'
import { CIRCUIT_METHODS, type Circuits, createBreaker } from './circuits.ts'
import { createClockFollower } from './clock.ts'
import { COUNT_METHODS, type Counts, createCounts } from './counts.ts'
import { createDeliveries, DELIVERY_METHODS, type Deliveries } from './deliveries.ts'
import { createEvents, EVENT_METHODS, type Events } from './events.ts'
import { createFaults, FAULT_METHODS, type Faults } from './faults.ts'
import type { LedgerMethods } from './method.ts'
import { createRates, RATE_METHODS, type Rates } from './rates.ts'
import { createRetention, RETENTION_METHODS, type Retention } from './retention.ts'
import { migrate } from './schema.ts'
import type { Sql } from './sql.ts'
import { createSweepRuns, SWEEP_RUN_METHODS, type SweepRuns } from './sweep-runs.ts'
import { createWatches, WATCH_METHODS, type Watches } from './watches.ts'
import { createWriteProbe, WRITE_PROBE_METHODS, type WriteProbe } from './write-probe.ts'

/** A ledger in the process of its database. Each method must be called in a transaction of its own. */
export interface LedgerStore
  extends Events,
    Deliveries,
    Circuits,
    Calls,
    Watches,
    Counts,
    Rates,
    Retention,
    Faults,
    SweepRuns,
    WriteProbe {}

/** Describes to a {@link Ledger} how to carry out each method. */
export const LEDGER_METHODS: LedgerMethods<LedgerStore> = {
  ...EVENT_METHODS,
  ...DELIVERY_METHODS,
  ...CIRCUIT_METHODS,
  ...CALL_METHODS,
  ...WATCH_METHODS,
  ...COUNT_METHODS,
  ...RATE_METHODS,
  ...RETENTION_METHODS,
  ...FAULT_METHODS,
  ...SWEEP_RUN_METHODS,
  ...WRITE_PROBE_METHODS,
}

/** The asynchronous interface of a {@link LedgerStore}, which is in a Durable Object or behind a group commit. */
export type Ledger = {
  readonly [Method in keyof LedgerStore]: (
    ...args: Parameters<LedgerStore[Method]>
  ) => Promise<ReturnType<LedgerStore[Method]>>
}

/**
 * Opens a ledger in a database.
 *
 * @throws {LedgerError} `LEDGER_NEWER`: a newer version has written it
 */
export function openLedgerStore(sql: Sql, now: () => number = Date.now): LedgerStore {
  migrate(sql)
  const breaker = createBreaker(sql, now)
  const store: LedgerStore = {
    ...createEvents(sql, now),
    ...createDeliveries(sql, now, breaker),
    circuits: breaker.circuits,
    ...createCalls(sql, now),
    ...createWatches(sql, now),
    ...createCounts(sql),
    ...createRates(sql, now),
    ...createRetention(sql, now),
    ...createFaults(sql, now),
    ...createSweepRuns(sql, now),
    ...createWriteProbe(sql, now),
  }
  return runBefore(createClockFollower(sql, now), store)
}

/** Returns methods that call `first` and then the given methods. */
function runBefore<Methods extends object>(first: () => void, methods: Methods): Methods {
  const wrapped = Object.entries(methods).map(([name, method]) => [
    name,
    (...args: unknown[]) => {
      first()
      return method(...args)
    },
  ])
  return Object.fromEntries(wrapped) as Methods
}
