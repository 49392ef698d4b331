import { nonce } from '../../core/crypto/nonce.ts'
import type { PlatformMode } from '../keys/platform.ts'
import { type State, StateError } from './state.ts'

/** Properties that do not change during a simulator's lifetime. */
export interface SimulatorIdentity {
  readonly mchid: string
  readonly appid: string
  readonly platform: PlatformMode
  /** Brand id (品牌 ID), if there is a brand. */
  readonly brandId?: string
  readonly seed: string
  /** Whether the caller chose the seed, so that keys must repeat too. */
  readonly seeded: boolean
}

type Requested = {
  readonly [Name in 'mchid' | 'appid' | 'platform' | 'brandId' | 'seed']?: SimulatorIdentity[Name] | undefined
}

export const DEFAULT_IDENTITY = { mchid: '1900000109', appid: 'wxd678efh567hg6787', platform: 'public-key' } as const

/**
 * Loads the identity from the state, or saves a new one there.
 *
 * @throws {StateError} `OTHER_SIMULATOR`: the state belongs to a simulator with other options
 */
export function restoreIdentity(requested: Requested, state: State, crypto: Crypto): SimulatorIdentity {
  const stored = state.map<SimulatorIdentity>('identity')
  const existing = stored.get('identity')
  if (existing) {
    requireSame(existing, requested)
    return existing
  }
  const identity: SimulatorIdentity = {
    mchid: requested.mchid ?? DEFAULT_IDENTITY.mchid,
    appid: requested.appid ?? DEFAULT_IDENTITY.appid,
    platform: requested.platform ?? DEFAULT_IDENTITY.platform,
    seed: requested.seed ?? nonce(crypto),
    seeded: requested.seed !== undefined,
    ...(requested.brandId !== undefined && { brandId: requested.brandId }),
  }
  stored.set('identity', identity)
  return identity
}

const COMPARED = ['mchid', 'appid', 'platform', 'brandId', 'seed'] as const

function requireSame(existing: SimulatorIdentity, requested: Requested): void {
  const name = COMPARED.find(
    compared => requested[compared] !== undefined && requested[compared] !== existing[compared],
  )
  if (name === undefined) return
  // The error does not show a random seed, because nobody chose it.
  const stored = name === 'seed' && !existing.seeded ? 'not set' : JSON.stringify(existing[name])
  throw new StateError(
    'OTHER_SIMULATOR',
    `it belongs to a simulator whose ${name} is ${stored}, not ${JSON.stringify(requested[name])}; leave ${name} out, or use the state of that simulator`,
  )
}
