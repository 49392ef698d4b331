import { ConfigurationError } from '../../core/index.ts'

/**
 * Says of a call that lacked the merchant's client certificate how a gateway is given one: the client knows options only, and
 * not how its runtime and the configuration name them.
 *
 * @param path with its API before it: `/v2/secapi/pay/refund`
 * @returns any other error as it is
 */
export function explainClientCertificate(error: unknown, mchid: string, path: string): unknown {
  if (!(error instanceof ConfigurationError) || error.code !== 'OPTION_MISSING' || error.option !== 'mtlsFetch')
    return error
  return new ConfigurationError(
    'OPTION_MISSING',
    'WECHATPAY_MTLS',
    `${path} requires the client certificate (双向证书) of the merchant ${mchid}. On Cloudflare bind it under [[mtls_certificates]] of wrangler.toml as WECHATPAY_MTLS, or as WECHATPAY_${mchid}_MTLS if WECHATPAY_MERCHANTS lists the merchant; elsewhere set WECHATPAY_CERTIFICATE and WECHATPAY_PRIVATE_KEY`,
  )
}
