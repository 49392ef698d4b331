import { ConfigurationError, Wechatpay, type WechatpayOptions } from '../core/index.ts'
import { type Environment, OPTIONS } from './environment.ts'

/**
 * Creates a client from the options of an environment. Requires the options of APIv3 calls immediately and not at the
 * first call, and names missing or wrong options as in the environment.
 *
 * @throws {ConfigurationError} its `option` is the variable
 */
export function clientFrom(options: WechatpayOptions): Wechatpay {
  const [missing, what] = missingOf(options) ?? []
  if (missing && what) throw new ConfigurationError('OPTION_MISSING', missing, what)
  try {
    return new Wechatpay(options)
  } catch (error) {
    throw renamed(error)
  }
}

function missingOf(options: Partial<WechatpayOptions>): [name: keyof Environment, what: string] | undefined {
  const { mchid, privateKey, serial, certificate, apiv2Key, apiv3Key, platformKeys } = options
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

const NAMES: Readonly<Record<string, string>> = {
  mchid: 'WECHATPAY_MCHID',
  ...Object.fromEntries(Object.entries(OPTIONS).map(([name, option]) => [option, name])),
}

function renamed(error: unknown): unknown {
  if (!(error instanceof ConfigurationError)) return error
  const { code, option, message } = error
  const isPlatformKey = option.startsWith('platformKeys.')
  // The option's name contains the id, so OPTION_INVALID is about the id; any other error is about the key.
  const platformKey = code === 'OPTION_INVALID' ? 'WECHATPAY_PUBLIC_KEY_ID' : 'WECHATPAY_PUBLIC_KEY'
  const name = isPlatformKey ? platformKey : NAMES[option]
  return name ? new ConfigurationError(code, name, message.slice(`${option}: `.length, -1), error) : error
}
