import { nonce } from '../../core/crypto/nonce.ts'
import type { PlatformMode } from '../keys/platform.ts'
import { type State, StateError } from './state.ts'

/** What a simulator is, from its beginning on. */
export interface Origin {
  readonly mchid: string
  readonly appid: string
  readonly platform: PlatformMode
  readonly seed: string
  /** Whether the seed was asked for, so that keys, too, are to repeat. */
  readonly seeded: boolean
}

type Asked = { readonly [Name in 'mchid' | 'appid' | 'platform' | 'seed']?: Origin[Name] | undefined }

export const DEFAULTS = { mchid: '1900000109', appid: 'wxd678efh567hg6787', platform: 'public-key' } as const

/**
 * The origin that the state has, or a new one.
 *
 * @throws {StateError} `OTHER_SIMULATOR`: the state is of one that was asked for otherwise
 */
export function originOf(asked: Asked, state: State, crypto: Crypto): Origin {
  const kept = state.map<Origin>('origin')
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Partial<Asked>
  const known = kept.get('origin')
  if (known) {
    const other = (Object.keys(given) as (keyof Asked)[]).find(name => known[name] !== given[name])
    // A seed that nobody asked for is nobody's to compare.
    if (other)
      throw new StateError(
        'OTHER_SIMULATOR',
        `it is of a simulator whose ${other} is ${other === 'seed' && !known.seeded ? 'not set' : JSON.stringify(known[other])}, not ${JSON.stringify(given[other])}`,
      )
    return known
  }
  const origin: Origin = {
    ...{ ...DEFAULTS, seed: nonce(crypto), ...(given as Partial<Origin>) },
    seeded: given.seed !== undefined,
  }
  kept.set('origin', origin)
  return origin
}
