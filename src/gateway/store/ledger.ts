import { CALL_METHODS, type Calls, createCalls } from './call/calls.ts'
import { createFaults, FAULT_METHODS, type Faults } from './call/faults.ts'
import { createHeldCalls, HELD_CALL_METHODS, type HeldCalls } from './call/held-calls.ts'
import { createWatches, WATCH_METHODS, type Watches } from './call/watches.ts'
import { createClockFollower } from './clock.ts'
import { COUNT_METHODS, type Counts, createCounts } from './counts.ts'
import { CIRCUIT_METHODS, type Circuits, createBreaker } from './delivery/circuits.ts'
import { createDeliveries, DELIVERY_METHODS, type Deliveries } from './delivery/deliveries.ts'
import { SQLITE, type StoreContext } from './dialect.ts'
import { createEvents, EVENT_METHODS, type Events } from './event/events.ts'
import { createHeldEvents, HELD_EVENT_METHODS, type HeldEvents } from './event/held-events.ts'
import { SQLITE_NUMBERS } from './event/numbers.ts'
import { createEventSearch, EVENT_SEARCH_METHODS, type EventSearch } from './event/search.ts'
import type { LedgerError } from './ledger-error.ts'
import type { LedgerMethods } from './method.ts'
import { createRates, RATE_METHODS, type Rates } from './rates.ts'
import { createRetention, RETENTION_METHODS, type Retention } from './retention.ts'
import { createSamples, SAMPLE_METHODS, type Samples } from './samples.ts'
import { migrate } from './schema.ts'
import { carryOut, type Sql, type Work, type WorkOf } from './sql.ts'
import { createSweepRuns, SWEEP_RUN_METHODS, type SweepRuns } from './sweep-runs.ts'
import { createWriteProbe, WRITE_PROBE_METHODS, type WriteProbe } from './write-probe.ts'

/** A ledger in the process of its database. Each method must be called in a transaction of its own. */
export interface LedgerStore
  extends Events,
    EventSearch,
    HeldEvents,
    Deliveries,
    Circuits,
    Calls,
    Watches,
    HeldCalls,
    Counts,
    Rates,
    Retention,
    Faults,
    SweepRuns,
    Samples,
    WriteProbe {}

/** Describes to a {@link Ledger} how to carry out each method. */
export const LEDGER_METHODS: LedgerMethods<LedgerStore> = {
  ...EVENT_METHODS,
  ...EVENT_SEARCH_METHODS,
  ...HELD_EVENT_METHODS,
  ...DELIVERY_METHODS,
  ...CIRCUIT_METHODS,
  ...CALL_METHODS,
  ...WATCH_METHODS,
  ...HELD_CALL_METHODS,
  ...COUNT_METHODS,
  ...RATE_METHODS,
  ...RETENTION_METHODS,
  ...FAULT_METHODS,
  ...SWEEP_RUN_METHODS,
  ...SAMPLE_METHODS,
  ...WRITE_PROBE_METHODS,
}

/** The asynchronous interface of a {@link LedgerStore}, which is in a Durable Object or behind a group commit. */
export type Ledger = {
  readonly [Method in keyof LedgerStore]: (
    ...args: Parameters<LedgerStore[Method]>
  ) => Promise<ReturnType<LedgerStore[Method]>>
}

/** Creates the methods of a ledger, which are carried out in a database of the context's dialect. */
export function createStore(context: StoreContext): WorkOf<LedgerStore> {
  const breaker = createBreaker(context)
  const events = createEvents(context)
  const calls = createCalls(context)
  const watches = createWatches(context)
  return {
    ...events,
    ...createEventSearch(context),
    ...createHeldEvents(events.recordEvent),
    ...createDeliveries(context, breaker),
    circuits: breaker.circuits,
    ...calls,
    ...watches,
    ...createHeldCalls(calls.beginCall, watches.watch),
    ...createCounts(context),
    ...createRates(context),
    ...createRetention(context),
    ...createFaults(context),
    ...createSweepRuns(context),
    ...createSamples(context),
    ...createWriteProbe(context),
  }
}

/** A ledger that this program has opened. */
export interface OpenedStore {
  readonly store: LedgerStore
  /** The error of all methods that write, because a newer version has written the ledger; undefined if this program may write. */
  readonly writeRefusal: LedgerError | undefined
}

/**
 * Opens a ledger in an embedded database, and migrates it. If a newer version has written it, nothing is written, and only the methods work
 * that read.
 *
 * @throws {LedgerError} `LEDGER_NEWER`: a newer version has written it, and this one cannot read it
 */
export function openStore(sql: Sql, now: () => number = Date.now): OpenedStore {
  const writeRefusal = migrate(sql)
  const context = { dialect: SQLITE, now, numbers: SQLITE_NUMBERS, outbox: 'outbox' }
  const store = createStore(context)
  if (!writeRefusal) return { store: carryOutAll(sql, store, createClockFollower(context)), writeRefusal }
  // The time is not noted either.
  const readable = carryOutAll(sql, { ...store, ...createRates(context, { isReadOnly: true }) }, function* () {})
  return { store: refuseWrites(readable, writeRefusal), writeRefusal }
}

/** Opens a ledger as {@link openStore} does. */
export const openLedgerStore = (sql: Sql, now?: () => number): LedgerStore => openStore(sql, now).store

/** Replaces the methods that write by ones that throw. */
function refuseWrites(store: LedgerStore, refusal: LedgerError): LedgerStore {
  const refuse = (): never => {
    throw refusal
  }
  const methods = Object.entries(store).map(([name, method]) => [
    name,
    LEDGER_METHODS[name as keyof LedgerStore].worksReadOnly ? method : refuse,
  ])
  return Object.fromEntries(methods) as LedgerStore
}

/** Returns methods that are carried out at once, each after `first`. */
export function carryOutAll(sql: Sql, store: WorkOf<LedgerStore>, first: () => Work<void>): LedgerStore {
  const methods = Object.entries(store).map(([name, method]) => [
    name,
    (...args: unknown[]) => {
      carryOut(sql, first())
      return carryOut(sql, (method as (...args: unknown[]) => Work<unknown>)(...args))
    },
  ])
  return Object.fromEntries(methods) as LedgerStore
}
