import type { CallOptions } from '../definitions/call.ts'
import { apiv3KeyProblem } from './crypto/aes.ts'
import { certificatePem, ENCRYPTION, MAX_KEY_BITS, privatePem, publicPem, type RsaUse, SIGNING } from './crypto/keys.ts'
import { kindOf } from './error-text.ts'
import { CallError, ConfigurationError } from './errors.ts'
import type { WechatpayOptions } from './options.ts'

/** Returns what to give instead of an invalid value; undefined if it is valid. */
type Check = (value: unknown, option: string) => string | undefined

/** Timers have 32 bits, and a call may take three times the timeout to download keys. */
const MAX_TIMEOUT = 600_000_000

const timeout: Check = value =>
  typeof value === 'number' && (value === Number.POSITIVE_INFINITY || (value > 0 && value <= MAX_TIMEOUT))
    ? undefined
    : `give milliseconds, at most ${MAX_TIMEOUT}, or Infinity`

const retry: Check = value => {
  const { attempts = 1, repeatable = false, delay = Date.now } = Object(isCount(value) ? undefined : value)
  const isRight =
    value === false ||
    isCount(value) ||
    (Object(value) === value && isCount(attempts) && typeof repeatable === 'boolean' && typeof delay === 'function')
  return isRight ? undefined : 'give the number of attempts, false, or { attempts, repeatable, delay }'
}

const aFunction: Check = value => (typeof value === 'function' ? undefined : 'give a function')

const CHECKS: Readonly<Record<Exclude<keyof WechatpayOptions, 'crypto'>, Check>> = {
  mchid: value => (isText(value, /^\d+$/) ? undefined : 'the merchant id (商户号) is text of digits'),
  serial: value => (isText(value, /^-?[\dA-F]+$/i) ? undefined : 'the serial is hex without colons, as text'),
  certificate: (value, option) => void certificatePem(value as string, option),
  privateKey: (value, option) =>
    // instanceof fails for a CryptoKey of another WebCrypto.
    kindOf(value) === 'object' ? refuseKey(value, SIGNING, 'sign') : void privatePem(value as string, option),
  decryptionKey: value => refuseKey(value, ENCRYPTION, 'decrypt'),
  apiv3Key: apiv3KeyProblem,
  apiv2Key: value => (isText(value, /./) ? undefined : 'the APIv2 key (API 密钥) is text'),
  platformKeys: value => (kindOf(value) === 'object' ? undefined : 'give { PUB_KEY_ID_…: pem }'),
  certificateCache: value => {
    const { get, set } = Object(value)
    return typeof get === 'function' && typeof set === 'function'
      ? undefined
      : 'give an object with get() and set(text)'
  },
  bankKey: (value, option) => void publicPem(value as string, option),
  fetch: aFunction,
  mtlsFetch: aFunction,
  now: aFunction,
  timeout,
  retry,
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

function refuseKey(value: unknown, { name, hash }: RsaUse, usage: KeyUsage): string | undefined {
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
export function checkOptions(options: WechatpayOptions): void {
  if (Object(options) !== options)
    throw new ConfigurationError('OPTION_INVALID', 'options', `${kindOf(options)}. Give { mchid, … }`)
  requireRight(CHECKS, options, (option, why) => {
    const isMissing = options[option as keyof WechatpayOptions] === undefined
    throw new ConfigurationError(isMissing ? 'OPTION_MISSING' : 'OPTION_INVALID', option, why)
  })
}

/** Applies its check to each given option. */
function requireRight(
  checks: Readonly<Record<string, Check>>,
  given: object,
  refuse: (option: string, why: string) => never,
): void {
  for (const [option, check] of Object.entries(checks)) {
    const value = (given as Readonly<Record<string, unknown>>)[option]
    const why = (value !== undefined || option === 'mchid') && check(value, option)
    if (why) refuse(option, value === null ? `null. Leave it out, or ${why}` : why)
  }
}

/** Checks of the options of every call. */
export const CALL_CHECKS: Readonly<Record<keyof CallOptions, Check>> = {
  timeout,
  retry,
  signal: value => (typeof Object(value).addEventListener === 'function' ? undefined : 'give an AbortSignal'),
  headers: value => {
    try {
      new Headers(value as HeadersInit)
    } catch {
      return 'give HTTP headers by name'
    }
    return undefined
  },
}

/**
 * Checks the options of every call.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function checkCallOptions(options: CallOptions): void {
  requireRight(CALL_CHECKS, options, (option, why) => {
    throw new CallError('PARAMETER_INVALID', option, why)
  })
}
