import { isNearMiss } from '../core/base/near-miss.ts'
import { ConfigurationError, type WechatpayOptions } from '../core/index.ts'
import { OPTIONS, VARIABLES } from './environment.ts'
import { FILE_VARIABLES } from './files.ts'

/** Variables that a client in Node reads, and the command line too. */
export const NODE_VARIABLES = [
  ...VARIABLES,
  ...FILE_VARIABLES,
  'WECHATPAY_P12_FILE',
  'WECHATPAY_P12_PASSPHRASE',
] as const

/** Variables and bindings of any runtime: one that this runtime does not read is not misspelt. */
const KNOWN: readonly string[] = [...NODE_VARIABLES, 'WECHATPAY_MTLS', 'WECHATPAY_CERTIFICATES', 'WECHATPAY_SIGNER']

/** Options by the variables that set them, if {@link OPTIONS} does not have them. */
const OTHER_OPTIONS: Readonly<Record<string, keyof WechatpayOptions>> = {
  WECHATPAY_MCHID: 'mchid',
  WECHATPAY_PUBLIC_KEY: 'platformKeys',
  WECHATPAY_PUBLIC_KEY_ID: 'platformKeys',
  WECHATPAY_PRIVATE_KEY_PASSPHRASE: 'privateKey',
  WECHATPAY_CERTIFICATE_CACHE: 'certificateCache',
  WECHATPAY_CERTIFICATES: 'certificateCache',
  WECHATPAY_SIGNER: 'signer',
}

/** A variable with a misspelt name, and the variable that is meant. */
export interface MisspeltName {
  readonly name: string
  readonly meant: string
}

/** Finds variables that are not read, and are near misses of one that is not set. */
export function findMisspeltNames(environment: object): MisspeltName[] {
  const values = environment as Readonly<Record<string, unknown>>
  const isSet = (name: string): boolean => Boolean(values[name] || values[`${name}_FILE`])
  return Object.keys(values).flatMap(name => {
    if (!name.startsWith('WECHATPAY_') || !values[name] || KNOWN.includes(name)) return []
    const near = KNOWN.filter(known => isNearMiss(name, known))
    // A name that resembles a variable which is set is another one, such as a second value.
    const isOther = near.some(known => isSet(known.replace(/_FILE$/, '')))
    return near[0] === undefined || isOther ? [] : [{ name, meant: near[0] }]
  })
}

/**
 * Refuses a misspelt variable, which would otherwise have no effect: without `WECHATPAY_BASE_URL` a program calls WeChat Pay itself instead
 * of a simulator.
 *
 * @param options given by the program; a variable in place of one of them is not missing
 * @throws {ConfigurationError} `OPTION_INVALID`: names the variable
 */
export function refuseMisspelt(environment: object, options: Partial<WechatpayOptions>): void {
  const misspelt = findMisspeltNames(environment).find(found => !(optionOf(found.meant) in options))
  if (!misspelt) return
  const { name, meant } = misspelt
  throw new ConfigurationError(
    'OPTION_INVALID',
    name,
    `not a variable of this client. If ${meant} is meant, rename it; if it is another program's, set the option ${optionOf(meant)}, undefined for none`,
  )
}

function optionOf(variable: string): keyof WechatpayOptions {
  if (variable.startsWith('WECHATPAY_BRAND_')) return 'brand'
  const text = variable.replace(/_FILE$/, '')
  return (OPTIONS as Readonly<Record<string, keyof WechatpayOptions>>)[text] ?? OTHER_OPTIONS[text] ?? 'mtlsFetch'
}
