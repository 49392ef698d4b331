import type { BrandOptions, WechatpayOptions } from '../../../core/options/options.ts'
import { callApi } from '../../api.ts'

/** Response of `GET /simulator/credentials`: everything that a client of the simulated merchant needs. */
export interface SimulatorCredentials {
  readonly merchant: Required<
    Pick<WechatpayOptions, 'mchid' | 'serial' | 'privateKey' | 'apiv3Key' | 'apiv2Key' | 'platformKeys'>
  > & { readonly appid: string }
  readonly brand?: BrandOptions
  /** WeChat Pay's platform certificates by serial. */
  readonly certificates: Readonly<Record<string, string>>
  /** The simulated clock, ms. */
  readonly now: number
  /** Numbers of records that exist in a fresh simulator, by field. */
  readonly examples: Readonly<Record<string, unknown>>
}

/** Asks the simulator for the keys of its merchant. They stay in memory, for this call. */
export const loadCredentials = (): Promise<SimulatorCredentials> => callApi('GET', '/credentials')
