/** More in ten minutes than the simulator serves. */
const MAX_NONCES = 400_000

/** The nonces of the last minutes: one that comes again is a replay. */
export interface Nonces {
  has(nonce: string): boolean
  /** @returns whether it was new */
  claim(nonce: string, expires: number, now: number): boolean
}

/**
 * A nonce is kept until its timestamp is too old to pass anyway.
 *
 * @param expiries where they are kept, ms by nonce
 */
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
