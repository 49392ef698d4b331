import type { CallOptions } from '../../definitions/call.ts'
import { kindOf } from '../base/error-text.ts'
import { CallError, ConfigurationError } from '../base/errors.ts'
import { nearestName } from '../base/nearest-name.ts'
import { gcmKeyProblem } from '../crypto/aes.ts'
import {
  certificatePem,
  ENCRYPTION,
  MAX_KEY_BITS,
  privatePem,
  publicPem,
  type RsaUse,
  SIGNING,
} from '../crypto/keys.ts'
import type { BrandOptions, ClientOptions, KeyOptions, WechatpayOptions } from './options.ts'

/** Returns what to give instead of an invalid value; undefined if it is valid. */
export type Check = (value: unknown, option: string) => string | undefined

/** Timers have 32 bits, and a call may take three times the timeout to download keys. */
const MAX_TIMEOUT = 600_000_000

const checkTimeout: Check = value =>
  typeof value === 'number' && (value === Number.POSITIVE_INFINITY || (value > 0 && value <= MAX_TIMEOUT))
    ? undefined
    : `give milliseconds, at most ${MAX_TIMEOUT}, or Infinity`

const checkRetry: Check = value => {
  const { attempts = 1, repeatable = false, delay = Date.now } = Object(isCount(value) ? undefined : value)
  const isRight =
    value === false ||
    isCount(value) ||
    (Object(value) === value && isCount(attempts) && typeof repeatable === 'boolean' && typeof delay === 'function')
  return isRight ? undefined : 'give the number of attempts, false, or { attempts, repeatable, delay }'
}

const checkSerial: Check = value =>
  isText(value, /^-?[\dA-F]+$/i) ? undefined : 'the serial is hex without colons, as text'

const checkFunction: Check = value => (typeof value === 'function' ? undefined : 'give a function')

const checkKeysById: Check = value => (kindOf(value) === 'object' ? undefined : 'give { PUB_KEY_ID_…: pem }')

const KEY_CHECKS: Readonly<Record<keyof KeyOptions, Check>> = {
  serial: checkSerial,
  certificate: (value, option) => void certificatePem(value as string, option),
  privateKey: (value, option) =>
    // instanceof fails for a CryptoKey of another WebCrypto.
    kindOf(value) === 'object' ? keyProblem(value, SIGNING, 'sign') : void privatePem(value as string, option),
  decryptionKey: value => keyProblem(value, ENCRYPTION, 'decrypt'),
  signer: value => {
    const { serial = '0', sign } = Object(value)
    return (checkSerial(serial, '') ?? checkFunction(sign, '')) && 'give { serial, sign(message) }'
  },
}

/** Checks of the options of a brand. */
export const BRAND_CHECKS: Readonly<Record<keyof BrandOptions, Check>> = {
  ...KEY_CHECKS,
  brandId: value => (isText(value, /^\d+$/) ? undefined : 'the brand id (品牌 ID) is text of digits'),
  apiKey: value => gcmKeyProblem(value, 'the API key of the brand (品牌 API 密钥)'),
  platformKeys: checkKeysById,
}

/** Checks of the options of a client. */
export const CHECKS: Readonly<Record<Exclude<keyof WechatpayOptions, 'brand' | 'crypto'>, Check>> = {
  ...KEY_CHECKS,
  mchid: value => (isText(value, /^\d+$/) ? undefined : 'the merchant id (商户号) is text of digits'),
  apiv3Key: value => gcmKeyProblem(value, 'the APIv3 key (APIv3 密钥)'),
  apiv2Key: value => (isText(value, /./) ? undefined : 'the APIv2 key (API 密钥) is text'),
  platformKeys: checkKeysById,
  certificateCache: value => {
    const { get, set } = Object(value)
    return (checkFunction(get, '') ?? checkFunction(set, '')) && 'give { get, set }'
  },
  bankKey: (value, option) => void publicPem(value as string, option),
  fetch: checkFunction,
  mtlsFetch: checkFunction,
  now: checkFunction,
  timeout: checkTimeout,
  retry: checkRetry,
  hongKong: value => (typeof value === 'boolean' ? undefined : 'give true or false'),
  baseUrl: value =>
    isText(value, /^https?:\/\/[^?#@]+$/i) && URL.canParse(value as string)
      ? undefined
      : 'give a URL of http(s) without user, query and fragment',
}

/** Returns whether a value is a number of attempts. */
const isCount = (value: unknown): boolean =>
  // Infinity % 1 is NaN.
  typeof value === 'number' && value >= 0 && !(value % 1)

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value)

function keyProblem(value: unknown, { name, hash }: RsaUse, usage: KeyUsage): string | undefined {
  const { algorithm, usages } = Object(value) as Partial<CryptoKey>
  const { name: givenName, hash: givenHash, modulusLength } = Object(algorithm) as Partial<RsaHashedKeyAlgorithm>
  const isRight =
    givenName === name &&
    givenHash?.name === hash &&
    Array.isArray(usages) &&
    usages.includes(usage) &&
    !(Number(modulusLength) > MAX_KEY_BITS)
  return isRight
    ? undefined
    : `give a CryptoKey for ${name} with ${hash}, of at most ${MAX_KEY_BITS} bits, and usage "${usage}"`
}

/**
 * Checks the options of a client as far as possible synchronously, because JavaScript callers can pass anything.
 *
 * @throws {ConfigurationError} `OPTION_MISSING`, `OPTION_INVALID` and the codes of a PEM, with the option
 */
export function checkOptions(options: ClientOptions): void {
  const { mchid, brand, platformKeys } = requireObject(options, 'options', '{ mchid, … }')
  checkGiven(CHECKS, options, brand === undefined || mchid !== undefined ? 'mchid' : '', '')
  if (brand === undefined) return
  checkGiven(BRAND_CHECKS, requireObject(brand, 'brand', '{ brandId, … }'), 'brandId', 'brand.')
  // The id in a message tells whether it is for the merchant or for the brand.
  const ids = Object.keys(platformKeys ?? {}).map(id => id.toUpperCase())
  const shared = Object.keys(brand.platformKeys ?? {}).find(id => ids.includes(id.toUpperCase()))
  if (shared)
    throw new ConfigurationError(
      'OPTION_INVALID',
      `brand.platformKeys.${shared}`,
      'also in "platformKeys". The public key (微信支付公钥) of a brand is not that of a merchant',
    )
}

function requireObject<T extends object>(value: T, option: string, what: string): T {
  if (Object(value) === value) return value
  throw new ConfigurationError('OPTION_INVALID', option, `${kindOf(value)}. Give ${what}`)
}

/**
 * Checks given options. Refuses a name that resembles an option (`apiV3Key`), because it would have no effect. Other names are
 * accepted: an object with more than the options may be spread into them.
 *
 * @param required the option that must be given
 * @param prefix written before each name
 */
function checkGiven(
  checks: Readonly<Record<string, Check>>,
  given: object,
  required: string,
  prefix: '' | 'brand.',
): void {
  const names = [...Object.keys(checks), ...(prefix ? [] : UNCHECKED)]
  for (const name of Object.keys(given)) {
    // Too many words resemble `now`.
    const near = names.includes(name)
      ? undefined
      : nearestName(
          name,
          names.filter(each => each.length > 3),
        )
    if (near) throw new ConfigurationError('OPTION_INVALID', prefix + name, `not an option. Write ${prefix}${near}`)
  }
  const refuse = (name: string, why: string, value: unknown): never => {
    throw new ConfigurationError(value === undefined ? 'OPTION_MISSING' : 'OPTION_INVALID', prefix + name, why)
  }
  applyChecks(checks, given, refuse, required, prefix)
}

/** Options that are checked elsewhere. */
const UNCHECKED: readonly string[] = ['crypto', 'brand']

/** Applies its check to each given option, and to the required one. */
function applyChecks(
  checks: Readonly<Record<string, Check>>,
  given: object,
  refuse: (name: string, why: string, value: unknown) => never,
  required = '',
  prefix = '',
): void {
  for (const [name, check] of Object.entries(checks)) {
    const value = (given as Readonly<Record<string, unknown>>)[name]
    const why = (value !== undefined || name === required) && check(value, prefix + name)
    if (why) refuse(name, value === null ? `null. Leave it out, or ${why}` : why, value)
  }
}

/** Checks of the options of every call. */
export const CALL_CHECKS: Readonly<Record<keyof CallOptions, Check>> = {
  timeout: checkTimeout,
  retry: checkRetry,
  signal: value => checkFunction(Object(value).addEventListener, '') && 'give an AbortSignal',
  headers: value => {
    try {
      new Headers(value as HeadersInit)
      return undefined
    } catch {
      return 'give headers by name'
    }
  },
}

/**
 * Checks the options of every call.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function checkCallOptions(options: CallOptions): void {
  applyChecks(CALL_CHECKS, options, (option, why) => {
    throw new CallError('PARAMETER_INVALID', option, why)
  })
}
