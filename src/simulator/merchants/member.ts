import type { Scheduler } from '../clock/scheduler.ts'
import { scopeScheduler } from '../clock/scheduler.ts'
import { createContext, type SimulatorContext } from '../context.ts'
import type { KeyContext } from '../keys/authority.ts'
import { createBrand, type SimulatedBrand } from '../keys/brand.ts'
import { scopeKeySource } from '../keys/key-source.ts'
import { createMerchant, type SimulatedMerchant } from '../keys/merchant.ts'
import { createPlatform, type PlatformMode } from '../keys/platform.ts'
import type { Random } from '../state/random.ts'
import { type State, scopeState } from '../state/state.ts'
import type { MerchantOptions } from './merchant-options.ts'

/** A merchant whose options are complete. */
export type MerchantIdentity = MerchantOptions & { readonly appid: string; readonly platform: PlatformMode }

/** A merchant of the simulator, with its keys and records. */
export interface Member {
  readonly merchant: SimulatedMerchant
  readonly brand: SimulatedBrand | undefined
  /** The sub-merchants of the options; undefined: it may call for any. */
  readonly subMchids: readonly string[] | undefined
  readonly context: SimulatorContext
}

/** Dependencies that all merchants share. */
export interface SharedDependencies
  extends Pick<SimulatorContext, 'signatureNow' | 'crypto' | 'random' | 'notify' | 'strict' | 'world'> {
  readonly state: State
  readonly scheduler: Scheduler
  readonly random: Random
  readonly keyContext: KeyContext
}

/**
 * Loads a merchant from the state, or creates one and saves it there.
 *
 * @param scope begins the names of its records, keys and tasks. The first merchant has none, so that a simulator of one merchant has
 * the same state as ever
 */
export async function createMember(
  identity: MerchantIdentity,
  scope: string | undefined,
  shared: SharedDependencies,
): Promise<Member> {
  const { mchid, appid, brandId, platform: mode, subMchids, sharingNotifyUrl } = identity
  const { keyContext: common, ...rest } = shared
  const state = scope === undefined ? shared.state : scopeState(shared.state, scope)
  const scheduler = scope === undefined ? shared.scheduler : scopeScheduler(shared.scheduler, scope)
  const keySource = scope === undefined ? common.keySource : scopeKeySource(common.keySource, scope)
  const keyContext: KeyContext = { ...common, state, keySource }
  const [account, platform, brandAccount] = await Promise.all([
    createMerchant({ mchid, appid }, keyContext),
    createPlatform({ mode, id: mchid }, keyContext),
    brandId === undefined ? undefined : createBrand(brandId, keyContext),
  ])
  const context = createContext({
    ...rest,
    ...account,
    platform,
    brandKeys: brandAccount?.keys,
    state,
    scheduler,
    sharingNotifyUrl,
    subMchids,
  })
  const { publicKey } = platform
  return {
    merchant: { ...account.merchant, platformKeys: publicKey ? { [publicKey.id]: publicKey.pem } : {} },
    brand: brandAccount?.brand,
    subMchids,
    context,
  }
}
