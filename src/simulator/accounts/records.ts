import { refuseChangedRepetition } from './fingerprint.ts'
import type { RejectionReason } from './rejection.ts'

/** Records of one kind, such as orders: by their key, and by the numbers that WeChat Pay has assigned to them. */
export interface Records<T> {
  find(key: string): T | undefined
  /** Finds a record by a number that WeChat Pay has assigned. */
  findByNumber(number: string): T | undefined
  /**
   * Returns the record that a request repeats.
   *
   * @param fingerprint of the request's parameters
   * @param reason reason of the refusal if the request has the key of a record and other parameters
   * @returns undefined if the key is new
   */
  findRepeated(key: string, fingerprint: string, reason: RejectionReason): T | undefined
  /** Adds a record, or replaces the one that has its key. */
  save(record: T): T
  /** Returns whether WeChat Pay has assigned a number to a record. */
  isTaken(number: string): boolean
  /** Makes a number find its record no longer, such as an expired prepay_id. */
  forgetNumber(number: string): void
  /** Returns all records, in the order in which they were added. */
  all(): Iterable<T>
}

/** How records of a kind are found. */
export interface RecordKeys<T> {
  readonly keyOf: (record: T) => string
  /** Returns the numbers that find a record; an empty one finds none. */
  readonly numbersOf: (record: T) => readonly (string | undefined)[]
  /** Returns numbers that are taken as well, but find nothing, such as those of the details of a batch. */
  readonly detailNumbersOf?: (record: T) => readonly string[]
}

/**
 * Keeps records in a map of the state. Records are immutable: a change saves a new object.
 *
 * @param stored map of the state, whose records are indexed at once
 */
export function createRecords<T extends { readonly fingerprint: string }>(
  stored: Map<string, T>,
  { keyOf, numbersOf, detailNumbersOf = () => [] }: RecordKeys<T>,
): Records<T> {
  const keys = new Map<string, string>()
  const detailNumbers = new Set<string>()
  const indexRecord = (record: T): void => {
    for (const number of numbersOf(record)) if (number) keys.set(number, keyOf(record))
    for (const number of detailNumbersOf(record)) detailNumbers.add(number)
  }
  for (const record of stored.values()) indexRecord(record)
  return {
    find: key => stored.get(key),
    findByNumber(number) {
      const key = keys.get(number)
      return key === undefined ? undefined : stored.get(key)
    },
    findRepeated(key, fingerprint, reason) {
      const earlier = stored.get(key)
      refuseChangedRepetition(earlier, fingerprint, reason, key)
      return earlier
    },
    save(record) {
      stored.set(keyOf(record), record)
      indexRecord(record)
      return record
    },
    isTaken: number => keys.has(number) || detailNumbers.has(number),
    forgetNumber: number => void keys.delete(number),
    all: () => stored.values(),
  }
}
