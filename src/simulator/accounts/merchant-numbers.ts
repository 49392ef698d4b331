import { Rejection, type RejectionReason } from './rejection.ts'

/** Keys of records by the merchant's own number, which is unique per merchant: several sub-merchants may use the same one. */
export interface MerchantNumbers {
  add(number: string, key: string): void
  /**
   * Returns the key of the record with a number, if it is the only one.
   *
   * @throws {Rejection} several merchants use the number
   */
  findKey(number: string): string | undefined
}

/** @param ambiguous reason of the refusal of a number that several merchants use */
export function createMerchantNumbers(ambiguous: RejectionReason): MerchantNumbers {
  /** The key of each number. Only a number that several merchants use has a set: a simulator may hold a hundred thousand numbers. */
  const keys = new Map<string, string | Set<string>>()
  return {
    add(number, key) {
      const earlier = keys.get(number)
      if (earlier === undefined) keys.set(number, key)
      else if (typeof earlier !== 'string') earlier.add(key)
      else if (earlier !== key) keys.set(number, new Set([earlier, key]))
    },
    findKey(number) {
      const found = keys.get(number)
      if (typeof found === 'object') throw new Rejection(ambiguous, number)
      return found
    },
  }
}
