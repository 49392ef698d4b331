/** How a method of the store is carried out by a {@link Ledger}, which is a queue, a disk or a network away. */
export interface LedgerMethod {
  /**
   * Its result is returned only when it is on the disk, because somebody acts on it whom nobody tells again: WeChat Pay that an event
   * is acknowledged, an operator that a replay is promised. Anything else is on the disk milliseconds later. A power cut in between
   * repeats a delivery, or leaves a call in doubt for its caller too.
   */
  readonly isDurable?: boolean
  /**
   * Tells which results are kept for a caller that repeats the call. A method without it may be carried out twice: it only reads, sets
   * what is set already, or knows the call by an id of its own, as `begin` and `claim` do.
   */
  readonly isResultKept?: (result: unknown) => boolean
  /** Adds rows that retention deletes later. */
  readonly addsRows?: boolean
}

/** One for each method of a part of the store, so that none can be forgotten. */
export type LedgerMethods<Part> = Readonly<Record<keyof Part, LedgerMethod>>

/** A method whose repetition has no further effect. */
export const REPEATABLE: LedgerMethod = {}
/** A method whose repetition would have another result. */
export const ONCE: LedgerMethod = { isResultKept: () => true }
/** A method that takes rows: where it takes none, no result has to be kept. */
export const ONCE_UNLESS_EMPTY: LedgerMethod = {
  isResultKept: rows => (rows as readonly unknown[]).length > 0,
}
/** A method whose repetition would have another result, and which somebody relies on. */
export const DURABLE_ONCE: LedgerMethod = { ...ONCE, isDurable: true }
