import { type Control, createControl } from '../control/control.ts'
import { runDueWorkFirst } from '../control/run-due-work.ts'
import type { Serve } from '../http/serve.ts'
import type { SimulatedBrand } from '../keys/brand.ts'
import type { SimulatedMerchant } from '../keys/merchant.ts'
import type { KeySwitch } from '../keys/platform.ts'
import { type Observers, observersFor } from '../timeline/record.ts'
import type { Member } from './member.ts'

/** The simulator as one of its merchants sees it. */
export interface MerchantView extends Control {
  /** Options to configure the client with. */
  readonly merchant: SimulatedMerchant
  /** The option `brand` to configure the client with, if the merchant has one. */
  readonly brand: SimulatedBrand | undefined
  /** The sub-merchants (特约商户) that its options bind to it; empty for a direct merchant; undefined if it may call for any. */
  readonly subMchids: readonly string[] | undefined
  /** WeChat Pay's platform certificates (平台证书) for this merchant, PEM by serial, the newest last; empty in public-key mode. */
  readonly certificates: Readonly<Record<string, string>>
  /** Responds to a request without a client certificate, of whichever merchant. */
  readonly fetch: typeof fetch
  /** Responds to a request that presented this merchant's client certificate (mTLS). */
  readonly mtlsFetch: typeof fetch
  /** Adds a platform certificate of this merchant, as `simulator.rotate()` does for the first. */
  rotate(): Promise<string>
  /** Progress of this merchant's switch from platform certificates to the public key. */
  readonly keySwitch: KeySwitch
  /** Moves that switch, as `simulator.setKeySwitch()` does for the first. */
  setKeySwitch(keySwitch: KeySwitch): void
}

export function createMerchantView(
  { merchant, brand, subMchids, context }: Member,
  serve: Serve,
  observers: Observers,
): MerchantView {
  const { platform, scheduler, state } = context
  return {
    merchant,
    brand,
    subMchids,
    get certificates() {
      return Object.fromEntries(platform.certificates.map(({ id, pem }) => [id, pem]))
    },
    fetch: (input, init) => serve(undefined, input, init),
    mtlsFetch: (input, init) => serve(merchant.mchid, input, init),
    ...runDueWorkFirst(createControl(context, merchant), scheduler, state, observersFor(observers, merchant.mchid)),
    rotate: () => platform.rotate(),
    get keySwitch() {
      return platform.keySwitch
    },
    setKeySwitch: platform.setKeySwitch,
  }
}
