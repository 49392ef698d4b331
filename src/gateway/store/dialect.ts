import type { NumberIndex } from './event/numbers.ts'
import type { Work } from './sql.ts'

/** The SQL in which databases differ. Everything else in the statements of the store is common to SQLite and PostgreSQL. */
export interface Dialect {
  /** Several processes use the database at the same time. */
  readonly isShared: boolean
  /** The function that returns the greatest of its arguments. */
  readonly greatest: string
  /** The function that returns the least of its arguments. */
  readonly least: string
  /** A subquery that selects the integers of a JSON array, given as a value. */
  readonly integers: string
  /** Ends a `select` whose rows nobody else may change or lock until the end of the transaction. */
  readonly forUpdate: string
  /** Ends a `select` that locks its rows as `forUpdate` does, and leaves out rows that are locked already. */
  readonly skipLocked: string
  /**
   * Begins an `insert … returning` that fails at no constraint but one that its `on conflict` names. SQLite copies every page that such a
   * statement changes, in case it must be undone, unless it may ignore every constraint, `not null` too: whoever inserts looks whether
   * each row was returned.
   */
  readonly insertReturning: string
  /** The order of a merchant's pending deliveries in a covering index; with the lowest `seq` first if there is such an index. */
  readonly pendingOrder: string
  /** The column of `attempt` that grows with each row. */
  readonly attemptOrder: string
}

/** SQLite has one writer at a time, so that it locks no rows. */
export const SQLITE: Dialect = {
  isShared: false,
  greatest: 'max',
  least: 'min',
  integers: 'select value from json_each(?)',
  forUpdate: '',
  skipLocked: '',
  insertReturning: 'insert or ignore into',
  // An index by `seq` would be one more row to write for each delivery.
  pendingOrder: 'endpoint, due_at',
  attemptOrder: 'rowid',
}

/**
 * The order of events. In a database with several writers an event can become visible after one with a higher `seq`; who reads on
 * from a position would miss it.
 */
export interface EventOrder {
  /** Comes before an event gets its `seq`. */
  begin(): Work<void>
  /** Returns a `seq` up to which all events are visible, and none can be added. */
  settledUntil(): Work<number>
}

/** The dependencies of the parts of a store. */
export interface StoreContext {
  readonly dialect: Dialect
  /** The clock, milliseconds since 1970. */
  readonly now: () => number
  readonly numbers: NumberIndex
  /** Default: the database has one writer at a time, and numbers events in the order of their commits. */
  readonly order?: EventOrder
  /** The name under which the outbox of this process reserves deliveries. */
  readonly outbox: string
}
