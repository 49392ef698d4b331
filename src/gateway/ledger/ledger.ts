import { type Calls, createCalls } from './calls.ts'
import { type Circuits, createBreaker } from './circuits.ts'
import { createClockFollower } from './clock.ts'
import { type Counts, createCounts } from './counts.ts'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import { createEvents, type Events } from './events.ts'
import { createRates, type Rates } from './rates.ts'
import { createRetention, type Retention } from './retention.ts'
import { migrate } from './schema.ts'
import type { Sql } from './sql.ts'
import { createWatches, type Watches } from './watches.ts'
import { createWriteProbe, type WriteProbe } from './write-probe.ts'

/** What a ledger does, where its database is. Each method is one transaction of whoever calls it. */
export interface Book extends Events, Deliveries, Circuits, Calls, Watches, Counts, Rates, Retention, WriteProbe {}

/** The same from afar: a Durable Object's, or a file's whose writes go to the disk together. */
export type Ledger = {
  readonly [Method in keyof Book]: (...given: Parameters<Book[Method]>) => Promise<ReturnType<Book[Method]>>
}

/**
 * Opens a ledger in a database.
 *
 * @throws {Error} it was written by a newer version
 */
export function openBook(sql: Sql, now: () => number = Date.now): Book {
  migrate(sql)
  const breaker = createBreaker(sql, now)
  const book: Book = {
    ...createEvents(sql, now),
    ...createDeliveries(sql, now, breaker),
    circuits: breaker.circuits,
    ...createCalls(sql, now),
    ...createWatches(sql, now),
    ...createCounts(sql),
    ...createRates(now),
    ...createRetention(sql, now),
    ...createWriteProbe(sql, now),
  }
  return before(book, createClockFollower(sql, now))
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

/** A ledger whose methods are carried out elsewhere. */
export function remoteLedger(call: (method: keyof Book, given: unknown[]) => Promise<unknown>): Ledger {
  return new Proxy({} as Ledger, {
    // A promise of it must not take it for a promise.
    get: (_, method) => (method === 'then' ? undefined : (...given: unknown[]) => call(method as keyof Book, given)),
  })
}
