/** More nonces than the simulator receives in ten minutes. */
const MAX_NONCES = 400_000

/** Nonces of the last minutes. A nonce that is used twice is a replay. */
export interface Nonces {
  has(nonce: string): boolean
  /**
   * Saves a nonce until its request's timestamp is too old to be accepted anyway.
   *
   * @returns whether the nonce was new
   */
  claim(nonce: string, expires: number, now: number): boolean
}

/** @param expiries map that stores the expiry of each nonce, ms */
export function createNonces(expiries: Map<string, number> = new Map()): Nonces {
  return {
    has: nonce => expiries.has(nonce),
    claim(nonce, expires, now) {
      if (expiries.has(nonce)) return false
      expiries.set(nonce, expires)
      // A `Map` keeps the order of insertion, which is nearly that of expiry.
      for (const [oldest, expiry] of expiries) {
        if (expiry > now && expiries.size <= MAX_NONCES) break
        expiries.delete(oldest)
      }
      return true
    },
  }
}
