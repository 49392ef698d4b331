import type { Authority } from './keys/authority.ts'
import type { Mint } from './keys/key-source.ts'
import type { State } from './state/state.ts'

/** What keys and certificates are made with, and where they are kept. */
export interface Foundry {
  readonly state: State
  readonly mint: Mint
  readonly authority: () => Promise<Authority>
  /** ms, see `World.wall` */
  readonly wall: () => number
  readonly crypto: Crypto
}
