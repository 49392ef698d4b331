import { ConfigurationError, type WechatpayOptions } from '../core/index.ts'

/** The names under which a runtime's environment holds what a client is made from. PEM texts may write `\n` for a line's end. */
export interface Environment {
  WECHATPAY_MCHID?: string | undefined
  WECHATPAY_SERIAL?: string | undefined
  WECHATPAY_CERTIFICATE?: string | undefined
  WECHATPAY_PRIVATE_KEY?: string | undefined
  WECHATPAY_APIV3_KEY?: string | undefined
  WECHATPAY_APIV2_KEY?: string | undefined
  WECHATPAY_PUBLIC_KEY_ID?: string | undefined
  WECHATPAY_PUBLIC_KEY?: string | undefined
  WECHATPAY_BASE_URL?: string | undefined
}

const OPTIONS = {
  WECHATPAY_SERIAL: 'serial',
  WECHATPAY_CERTIFICATE: 'certificate',
  WECHATPAY_PRIVATE_KEY: 'privateKey',
  WECHATPAY_APIV3_KEY: 'apiv3Key',
  WECHATPAY_APIV2_KEY: 'apiv2Key',
  WECHATPAY_BASE_URL: 'baseUrl',
} as const satisfies Partial<Record<keyof Environment, keyof WechatpayOptions>>

/**
 * Reads a client's options from an environment: a Worker's `env`, `process.env`, `Deno.env.toObject()`.
 *
 * @returns options, of which those that the environment does not name are absent
 * @throws {ConfigurationError} `OPTION_MISSING`: WeChat Pay's public key without its id, or the id without the key
 */
export function optionsFrom(environment: Environment): WechatpayOptions {
  const options: Record<string, unknown> = { mchid: environment.WECHATPAY_MCHID }
  for (const [name, option] of Object.entries(OPTIONS)) {
    const value = environment[name as keyof Environment]
    if (value) options[option] = value
  }
  const { WECHATPAY_PUBLIC_KEY_ID: id, WECHATPAY_PUBLIC_KEY: key } = environment
  // One without the other would quietly mean platform certificates, which such a merchant has not.
  if (!id !== !key) {
    const missing = id ? 'WECHATPAY_PUBLIC_KEY' : 'WECHATPAY_PUBLIC_KEY_ID'
    throw new ConfigurationError('OPTION_MISSING', missing, 'give both the public key (微信支付公钥) and its id')
  }
  if (id && key) options.platformKeys = { [id]: key }
  return options as unknown as WechatpayOptions
}
