import { type Calls, createCalls } from './calls.ts'
import { type Circuits, createBreaker } from './circuits.ts'
import { createClockFollower } from './clock.ts'
import { type CallCounts, type Counts, countsOf, createCounts, type Increment } from './counts.ts'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import { createEvents, type Events } from './events.ts'
import { createFaults, type Faults } from './faults.ts'
import { createRates, type Rates } from './rates.ts'
import { createRetention, type Retention } from './retention.ts'
import { migrate } from './schema.ts'
import type { Sql } from './sql.ts'
import { createSweepRuns, type SweepRuns } from './sweep-runs.ts'
import { createWatches, type Watches } from './watches.ts'
import { createWriteProbe, type WriteProbe } from './write-probe.ts'

/** What a ledger does, where its database is. Each method is one transaction of whoever calls it. */
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

/** The same from afar: a Durable Object's, or a file's whose writes go to the disk together. */
export type Ledger = {
  readonly [Method in keyof LedgerStore]: (
    ...given: Parameters<LedgerStore[Method]>
  ) => Promise<ReturnType<LedgerStore[Method]>>
}

/**
 * Opens a ledger in a database.
 *
 * @throws {Error} it was written by a newer version
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
  return before(store, createClockFollower(sql, now))
}

/** The same methods, with something that is done before each. */
function before<Methods extends object>(methods: Methods, act: () => void): Methods {
  const preceded = Object.entries(methods).map(([name, method]) => [
    name,
    (...given: unknown[]) => {
      act()
      return method(...given)
    },
  ])
  return Object.fromEntries(preceded) as Methods
}

/** Carries a method out. @param counts what it counts, where the ledger keeps counts itself */
type CallLedger = (method: keyof LedgerStore, given: unknown[], counts?: CallCounts) => Promise<unknown>

/** Ledgers that count what is done in them, and how a call is given its counts. */
const counting = new WeakMap<object, (counts: CallCounts) => Ledger>()

/**
 * A ledger whose methods are carried out elsewhere.
 *
 * @param options `keepsCounts`: `call` counts as well, where the method is carried out
 */
export function remoteLedger(call: CallLedger, options: { keepsCounts?: boolean } = {}): Ledger {
  const ledgerWith = (counts?: CallCounts): Ledger =>
    proxyOf((method, given) => (counts ? call(method, given, counts) : call(method, given)))
  const ledger = ledgerWith()
  if (options.keepsCounts) counting.set(ledger, ledgerWith)
  return ledger
}

/** Tells whether a ledger counts what is done in it, with the call itself. */
export const keepsCounts = (ledger: Ledger): boolean => counting.has(ledger)

/**
 * Returns a ledger whose next call counts when it was carried out: with the call itself where the ledger can, so that the count
 * costs no call of its own; otherwise by `add`.
 */
export function countingLedger(
  ledger: Ledger,
  counts: CallCounts,
  add: (increments: readonly Increment[]) => void,
): Ledger {
  const own = counting.get(ledger)
  if (own) return own(counts)
  return proxyOf(async (method, given) => {
    const result = await (ledger[method] as (...given: unknown[]) => Promise<unknown>)(...given)
    add(countsOf(counts, result))
    return result
  })
}

const proxyOf = (call: (method: keyof LedgerStore, given: unknown[]) => Promise<unknown>): Ledger =>
  new Proxy({} as Ledger, {
    // A promise of it must not take it for a promise.
    get: (_, method) =>
      method === 'then' ? undefined : (...given: unknown[]) => call(method as keyof LedgerStore, given),
  })
