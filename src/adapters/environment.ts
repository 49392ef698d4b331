import { ConfigurationError, type WechatpayOptions } from '../core/index.ts'
import { isPublicKeyId } from '../core/protocol/platform-keys.ts'

/** Variables with the options of a client. PEM texts may contain `\n` for a line break. */
export interface Environment {
  /** Merchant id (商户号). */
  WECHATPAY_MCHID?: string | undefined
  /** Serial of the merchant's certificate, hex; not required with `WECHATPAY_CERTIFICATE`. */
  WECHATPAY_SERIAL?: string | undefined
  /** `apiclient_cert.pem` */
  WECHATPAY_CERTIFICATE?: string | undefined
  /** `apiclient_key.pem` */
  WECHATPAY_PRIVATE_KEY?: string | undefined
  /** APIv3 key (APIv3 密钥), 32 bytes. */
  WECHATPAY_APIV3_KEY?: string | undefined
  /** APIv2 key (API 密钥). */
  WECHATPAY_APIV2_KEY?: string | undefined
  /** `PUB_KEY_ID_…` */
  WECHATPAY_PUBLIC_KEY_ID?: string | undefined
  /** `pub_key.pem` (微信支付公钥) */
  WECHATPAY_PUBLIC_KEY?: string | undefined
  /** The base URL that replaces WeChat Pay's own hosts, such as that of a simulator or a proxy. */
  WECHATPAY_BASE_URL?: string | undefined
}

/** Variables whose text is the value of an option. */
export const OPTIONS: Readonly<Partial<Record<keyof Environment, keyof WechatpayOptions>>> = {
  WECHATPAY_SERIAL: 'serial',
  WECHATPAY_CERTIFICATE: 'certificate',
  WECHATPAY_PRIVATE_KEY: 'privateKey',
  WECHATPAY_APIV3_KEY: 'apiv3Key',
  WECHATPAY_APIV2_KEY: 'apiv2Key',
  WECHATPAY_BASE_URL: 'baseUrl',
}

/** All names of {@link Environment}. */
export const VARIABLES: readonly (keyof Environment)[] = [
  'WECHATPAY_MCHID',
  ...(Object.keys(OPTIONS) as (keyof Environment)[]),
  'WECHATPAY_PUBLIC_KEY_ID',
  'WECHATPAY_PUBLIC_KEY',
]

/**
 * Reads the options of a client from an environment: a Worker's `env`, `process.env`, `Deno.env.toObject()`.
 *
 * @returns options, without those that the environment does not set
 * @throws {ConfigurationError} `OPTION_MISSING`: WeChat Pay's public key without its id, or the id without the key;
 * `OPTION_INVALID`: the id is not that of a public key
 */
export function optionsFrom(environment: Environment): WechatpayOptions {
  const options: Record<string, unknown> = { mchid: environment.WECHATPAY_MCHID }
  for (const [name, option] of Object.entries(OPTIONS)) {
    const value = environment[name as keyof Environment]
    if (value) options[option] = value
  }
  const { WECHATPAY_PUBLIC_KEY: key } = environment
  const id = environment.WECHATPAY_PUBLIC_KEY_ID?.trim()
  // With only one of them, the client would silently fall back to platform certificates.
  if (!id !== !key) {
    const missing = id ? 'WECHATPAY_PUBLIC_KEY' : 'WECHATPAY_PUBLIC_KEY_ID'
    throw new ConfigurationError('OPTION_MISSING', missing, 'give both the public key (微信支付公钥) and its id')
  }
  // A bare number would be taken for the serial of a platform certificate, and the error would then be about the key.
  if (id && !isPublicKeyId(id))
    throw new ConfigurationError(
      'OPTION_INVALID',
      'WECHATPAY_PUBLIC_KEY_ID',
      'does not begin with PUB_KEY_ID_. Copy the complete id (公钥ID): 商户平台 → API 安全 → 微信支付公钥',
    )
  if (id && key) options.platformKeys = { [id]: key }
  return options as unknown as WechatpayOptions
}
