import { ConfigurationError, type WechatpayOptions } from '../core/index.ts'

/** All options of a client, which the compiler keeps complete. */
const OPTION_NAMES: Readonly<Record<keyof WechatpayOptions, true>> = {
  mchid: true,
  serial: true,
  certificate: true,
  privateKey: true,
  decryptionKey: true,
  signer: true,
  apiv3Key: true,
  apiv2Key: true,
  platformKeys: true,
  certificateCache: true,
  bankKey: true,
  mtlsFetch: true,
  hongKong: true,
  brand: true,
  fetch: true,
  crypto: true,
  now: true,
  timeout: true,
  retry: true,
  baseUrl: true,
}

/**
 * Refuses options in place of the environment, which would hide the variables that are set.
 *
 * @param environment what a program has passed, and not the environment of the process, which may have any names
 * @throws {ConfigurationError} `OPTION_INVALID`: it has an option and no variable; names the option
 */
export function refuseOptions(environment: object): void {
  const names = Object.keys(environment)
  if (names.some(name => name.startsWith('WECHATPAY_'))) return
  const option = names.find(name => Object.hasOwn(OPTION_NAMES, name))
  if (option !== undefined)
    throw new ConfigurationError(
      'OPTION_INVALID',
      option,
      'options are the second argument, and the environment is the first. Call wechatpay(undefined, options) or new Wechatpay(options)',
    )
}
