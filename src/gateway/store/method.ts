/**
 * When the disk must have what a method has written. `now`: its caller waits for that, so that the work survives a power cut, too.
 * Otherwise the caller waits for the commit only, after which the work survives a crash of the process: `soon` is synced within
 * milliseconds, `later` with the next sync that other work requires, or when none was required for some time.
 */
export type SyncTime = 'now' | 'soon' | 'later'

/** Describes to a {@link Ledger} how to carry out a method of the store. */
export interface LedgerMethod {
  /**
   * Default: `soon`; a power cut in between repeats a delivery, or loses the entry of a call whose caller did not get a response either.
   * `now` if an outside party relies on the result and will not ask again: WeChat Pay relies on the acknowledgement of an event, an operator
   * on a promised replay.
   */
  readonly syncTime?: SyncTime
  /**
   * Selects the results that are kept for a caller that repeats the call. A method without it may be carried out twice: it only reads,
   * is idempotent, or recognises the call by an id of its own, as `beginCall` and `claimDelivery` do.
   */
  readonly isResultKept?: (result: unknown) => boolean
  /** Adds rows that retention deletes later. */
  readonly addsRows?: boolean
  /**
   * Works in a ledger that this program may only read (`refusalOfWrites`), because it writes nothing; `takeToken` keeps in memory
   * there what it writes elsewhere. Every other method is refused.
   */
  readonly worksReadOnly?: true
}

/** A {@link LedgerMethod} for each method of a part of the store. */
export type LedgerMethods<Part> = Readonly<Record<keyof Part, LedgerMethod>>

/** A method that writes nothing. */
export const READ: LedgerMethod = { worksReadOnly: true }
/** A method whose repetition has no further effect. */
export const REPEATABLE: LedgerMethod = {}
/** A repeatable method of whose work a power cut may undo some tenths of a second. */
export const SYNCED_LATER: LedgerMethod = { ...REPEATABLE, syncTime: 'later' }
/** A method whose repetition would have another result. */
export const ONCE: LedgerMethod = { isResultKept: () => true }
/** A method that claims rows. An empty result need not be kept. */
export const ONCE_UNLESS_EMPTY: LedgerMethod = {
  isResultKept: rows => (rows as readonly unknown[]).length > 0,
}
/** A method whose repetition would have another result, and on whose result an outside party relies. */
export const DURABLE_ONCE: LedgerMethod = { ...ONCE, syncTime: 'now' }
