import { type BrandOptions, ConfigurationError, type WechatpayOptions } from '../core/index.ts'
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
  /** Brand id (品牌 ID), for the brand API. With it, `WECHATPAY_MCHID` may be missing. */
  WECHATPAY_BRAND_ID?: string | undefined
  /** Serial of the brand's certificate (品牌 API 证书), hex; not required with `WECHATPAY_BRAND_CERTIFICATE`. */
  WECHATPAY_BRAND_SERIAL?: string | undefined
  /** `apiclient_cert.pem` of the brand. */
  WECHATPAY_BRAND_CERTIFICATE?: string | undefined
  /** `apiclient_key.pem` of the brand, not encrypted. */
  WECHATPAY_BRAND_PRIVATE_KEY?: string | undefined
  /** API key of the brand (品牌 API 密钥), 32 letters and digits. */
  WECHATPAY_BRAND_API_KEY?: string | undefined
  /** `PUB_KEY_ID_…` of the brand. */
  WECHATPAY_BRAND_PUBLIC_KEY_ID?: string | undefined
  /** `pub_key.pem` (微信支付公钥) of the brand. */
  WECHATPAY_BRAND_PUBLIC_KEY?: string | undefined
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

/** Variables whose text is the value of an option of the brand. */
export const BRAND_OPTIONS: Readonly<Partial<Record<keyof Environment, keyof BrandOptions>>> = {
  WECHATPAY_BRAND_ID: 'brandId',
  WECHATPAY_BRAND_SERIAL: 'serial',
  WECHATPAY_BRAND_CERTIFICATE: 'certificate',
  WECHATPAY_BRAND_PRIVATE_KEY: 'privateKey',
  WECHATPAY_BRAND_API_KEY: 'apiKey',
}

/** All names of {@link Environment}. */
export const VARIABLES: readonly (keyof Environment)[] = [
  'WECHATPAY_MCHID',
  ...(Object.keys({ ...OPTIONS, ...BRAND_OPTIONS }) as (keyof Environment)[]),
  'WECHATPAY_PUBLIC_KEY_ID',
  'WECHATPAY_PUBLIC_KEY',
  'WECHATPAY_BRAND_PUBLIC_KEY_ID',
  'WECHATPAY_BRAND_PUBLIC_KEY',
]

/**
 * Reads the options of a client from an environment: a Worker's `env`, `process.env`, `Deno.env.toObject()`.
 *
 * @returns options, without those that the environment does not set
 * @throws {ConfigurationError} `OPTION_MISSING`: WeChat Pay's public key without its id, or the id without the key;
 * `OPTION_INVALID`: the id is not that of a public key
 */
export function optionsFrom(environment: Environment): WechatpayOptions {
  const platformKeys = platformKeysFrom(environment, 'WECHATPAY_PUBLIC_KEY', '商户平台 → API 安全 → 微信支付公钥')
  const brandKeys = platformKeysFrom(environment, 'WECHATPAY_BRAND_PUBLIC_KEY', '品牌经营平台 → 账户管理 → 安全中心')
  const brand = { ...valuesOf(environment, BRAND_OPTIONS), ...brandKeys }
  return {
    mchid: environment.WECHATPAY_MCHID,
    ...valuesOf(environment, OPTIONS),
    ...platformKeys,
    ...(Object.keys(brand).length > 0 && { brand }),
  } as unknown as WechatpayOptions
}

/** Returns the options that an environment sets, by their names. */
const valuesOf = (
  environment: Environment,
  options: Readonly<Partial<Record<keyof Environment, string>>>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, option]) => {
      const value = environment[name as keyof Environment]
      return value ? [[option, value] as const] : []
    }),
  )

/** @param place where to find the key and its id */
function platformKeysFrom(
  environment: Environment,
  name: 'WECHATPAY_PUBLIC_KEY' | 'WECHATPAY_BRAND_PUBLIC_KEY',
  place: string,
): { platformKeys?: Record<string, string> } {
  const key = environment[name]
  const id = environment[`${name}_ID`]?.trim()
  // With only one of them, the client would silently fall back to platform certificates.
  if (!id !== !key)
    throw new ConfigurationError(
      'OPTION_MISSING',
      id ? name : `${name}_ID`,
      'give both the public key (微信支付公钥) and its id',
    )
  // A bare number would be taken for the serial of a platform certificate, and the error would then be about the key.
  if (id && !isPublicKeyId(id))
    throw new ConfigurationError(
      'OPTION_INVALID',
      `${name}_ID`,
      `does not begin with PUB_KEY_ID_. Copy the complete id (公钥ID): ${place}`,
    )
  return id && key ? { platformKeys: { [id]: key } } : {}
}
