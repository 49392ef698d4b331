import { ConfigurationError, Wechatpay, type WechatpayOptions } from '../core/index.ts'
import { BRAND_OPTIONS, type Environment, OPTIONS } from './environment.ts'

/**
 * Creates a client from the options of an environment. Requires the options of APIv3 calls, and of calls of the brand API if there is a
 * brand, immediately and not at the first call, and names missing or wrong options as in the environment.
 *
 * @throws {ConfigurationError} its `option` is the variable
 */
export function clientFrom(options: WechatpayOptions): Wechatpay {
  const [missing, what] = missingOption(options) ?? missingBrandOption(options) ?? []
  if (missing && what) throw new ConfigurationError('OPTION_MISSING', missing, what)
  try {
    return new Wechatpay(options)
  } catch (error) {
    throw renameOption(error)
  }
}

function missingOption(options: Partial<WechatpayOptions>): [name: keyof Environment, what: string] | undefined {
  const { mchid, signer, certificate, apiv2Key, apiv3Key, platformKeys, brand } = options
  const { privateKey = signer, serial = signer?.serial } = options
  // A brand needs no merchant, but the keys of a merchant do.
  if (!mchid && brand && !(privateKey ?? certificate ?? apiv2Key ?? apiv3Key ?? platformKeys)) return undefined
  if (!mchid) return ['WECHATPAY_MCHID', 'set it to the merchant id (商户号)']
  if (!privateKey)
    return apiv2Key
      ? undefined
      : [
          'WECHATPAY_PRIVATE_KEY',
          'missing or empty. Set it to the text of apiclient_key.pem; for APIv2 only, set WECHATPAY_APIV2_KEY instead',
        ]
  if (!serial && !certificate)
    return [
      'WECHATPAY_SERIAL',
      'set it to the serial of the merchant certificate (商户 API 证书序列号), or WECHATPAY_CERTIFICATE to the text of apiclient_cert.pem',
    ]
  if (!platformKeys && !apiv3Key)
    return [
      'WECHATPAY_PUBLIC_KEY',
      'set it and WECHATPAY_PUBLIC_KEY_ID (商户平台 → API 安全 → 微信支付公钥), or WECHATPAY_APIV3_KEY, which decrypts the platform certificates',
    ]
  return undefined
}

function missingBrandOption({ brand }: Partial<WechatpayOptions>): [name: keyof Environment, what: string] | undefined {
  if (!brand) return undefined
  const { brandId, signer, privateKey = signer, certificate, serial = signer?.serial, platformKeys } = brand
  if (!brandId) return ['WECHATPAY_BRAND_ID', 'set it to the brand id (品牌 ID)']
  if (!privateKey)
    return ['WECHATPAY_BRAND_PRIVATE_KEY', 'missing or empty. Set it to the text of apiclient_key.pem of the brand']
  if (!serial && !certificate)
    return [
      'WECHATPAY_BRAND_SERIAL',
      'set it to the serial of the certificate of the brand (品牌 API 证书), or WECHATPAY_BRAND_CERTIFICATE to the text of its apiclient_cert.pem',
    ]
  if (!platformKeys)
    return [
      'WECHATPAY_BRAND_PUBLIC_KEY',
      'set it and WECHATPAY_BRAND_PUBLIC_KEY_ID (品牌经营平台 → 账户管理 → 安全中心)',
    ]
  return undefined
}

const NAMES: Readonly<Record<string, string>> = {
  mchid: 'WECHATPAY_MCHID',
  ...Object.fromEntries(Object.entries(OPTIONS).map(([name, option]) => [option, name])),
  ...Object.fromEntries(Object.entries(BRAND_OPTIONS).map(([name, option]) => [`brand.${option}`, name])),
}

function renameOption(error: unknown): unknown {
  if (!(error instanceof ConfigurationError)) return error
  const { code, option, message } = error
  const [isPlatformKey, brand] = /^(brand\.)?platformKeys\./.exec(option) ?? []
  const publicKey = brand ? 'WECHATPAY_BRAND_PUBLIC_KEY' : 'WECHATPAY_PUBLIC_KEY'
  // The option's name contains the id, so OPTION_INVALID is about the id; any other error is about the key.
  const platformKey = code === 'OPTION_INVALID' ? `${publicKey}_ID` : publicKey
  const name = isPlatformKey ? platformKey : NAMES[option]
  return name ? new ConfigurationError(code, name, message.slice(`${option}: `.length, -1), error) : error
}
