import { nearestName } from '../../core/base/nearest-name.ts'
import type { PlatformMode } from '../keys/platform.ts'
import { ParameterError } from '../parameter-error.ts'

/** A merchant to create, one of several. */
export interface MerchantOptions {
  /** Merchant id (商户号): 8 to 10 digits. */
  readonly mchid: string
  /** Application that is bound to the merchant. Default: one of its own. */
  readonly appid?: string | undefined
  /** Gives the merchant a brand (品牌) with this id, digits, and keys of its own. Default: none. */
  readonly brandId?: string | undefined
  /** Keys that WeChat Pay signs with. Default: those of the simulator's option `platform`. */
  readonly platform?: PlatformMode | undefined
  /**
   * Makes it a service provider (服务商) to which these sub-merchants (特约商户) are bound; calls for others are refused. The
   * sub-merchants may be merchants of the simulator as well. Default: none, it is a direct merchant (直连商户).
   */
  readonly subMchids?: readonly string[] | undefined
  /** URL to notify of shares that it receives or returns (分账动账通知). Default: no such notifications. */
  readonly sharingNotifyUrl?: string | undefined
}

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value)
/** The format of a merchant id. */
const MCHID = /^\d{8,10}$/

type Check = readonly [accepts: (value: unknown) => boolean, expected: string]
const CHECKS: Readonly<Record<keyof MerchantOptions, Check>> = {
  mchid: [value => isText(value, MCHID), '8 to 10 digits as text'],
  appid: [value => isText(value, /^[\w-]{1,32}$/), '1 to 32 letters, digits, _ and -'],
  brandId: [value => isText(value, /^\d{1,20}$/), '1 to 20 digits as text'],
  platform: [value => isText(value, /^(?:public-key|certificate|both)$/), 'public-key, certificate or both'],
  subMchids: [
    value => Array.isArray(value) && value.length <= 1000 && value.every(mchid => isText(mchid, MCHID)),
    'a list of at most 1,000 merchant ids, each 8 to 10 digits as text',
  ],
  sharingNotifyUrl: [
    value => isText(value, /^https?:\/\/\S{1,2000}$/),
    'an address that begins with http:// or https://',
  ],
}

/**
 * Checks a merchant that comes from a file or over HTTP, or from JavaScript.
 *
 * @throws {TypeError} names the member that is missing, wrong or unknown
 */
export function checkMerchantOptions(value: unknown): MerchantOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ParameterError('A merchant must be an object such as { "mchid": "1900000111" }.')
  const given = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(given))
    if (!Object.hasOwn(CHECKS, name)) {
      const near = nearestName(name, Object.keys(CHECKS))
      throw new ParameterError(
        `A merchant has no member ${JSON.stringify(name)}. Write ${near ?? `one of ${Object.keys(CHECKS).join(', ')}`}.`,
      )
    }
  for (const [name, [accepts, expected]] of Object.entries(CHECKS)) {
    if (given[name] === undefined && name !== 'mchid') continue
    if (!accepts(given[name]))
      throw new ParameterError(
        `The ${name} of merchant ${JSON.stringify(given.mchid) ?? ''} must be ${expected}.`.replace('  ', ' '),
      )
  }
  return given as unknown as MerchantOptions
}

/**
 * Checks a list of merchants.
 *
 * @throws {TypeError} a merchant is wrong, two have the same id, or there is none
 */
export function checkMerchantList(list: unknown): readonly MerchantOptions[] {
  if (!Array.isArray(list) || list.length === 0)
    throw new ParameterError('The merchants must be a list with at least one, such as [{ "mchid": "1900000111" }].')
  const merchants = list.map(checkMerchantOptions)
  for (const name of ['mchid', 'brandId'] as const) {
    const ids = merchants.flatMap(merchant => merchant[name] ?? [])
    const repeated = ids.find((id, at) => ids.indexOf(id) !== at)
    if (repeated !== undefined)
      throw new ParameterError(`Two merchants have the ${name} ${repeated}; give each its own.`)
  }
  return merchants
}
