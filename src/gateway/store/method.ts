/** Describes to a {@link Ledger} how to carry out a method of the store. */
export interface LedgerMethod {
  /**
   * Returns the result only when the write is on the disk. Set if an outside party relies on the result and will not ask again: WeChat
   * Pay relies on the acknowledgement of an event, an operator on a promised replay. Other writes reach the disk milliseconds later:
   * a power cut in between repeats a delivery, or leaves a call in doubt that its caller did not get a response to either.
   */
  readonly isDurable?: boolean
  /**
   * Selects the results that are kept for a caller that repeats the call. A method without it may be carried out twice: it only reads,
   * is idempotent, or recognises the call by an id of its own, as `beginCall` and `claimDelivery` do.
   */
  readonly isResultKept?: (result: unknown) => boolean
  /** Adds rows that retention deletes later. */
  readonly addsRows?: boolean
}

/** A {@link LedgerMethod} for each method of a part of the store. */
export type LedgerMethods<Part> = Readonly<Record<keyof Part, LedgerMethod>>

/** A method whose repetition has no further effect. */
export const REPEATABLE: LedgerMethod = {}
/** A method whose repetition would have another result. */
export const ONCE: LedgerMethod = { isResultKept: () => true }
/** A method that claims rows. An empty result need not be kept. */
export const ONCE_UNLESS_EMPTY: LedgerMethod = {
  isResultKept: rows => (rows as readonly unknown[]).length > 0,
}
/** A method whose repetition would have another result, and on whose result an outside party relies. */
export const DURABLE_ONCE: LedgerMethod = { ...ONCE, isDurable: true }
