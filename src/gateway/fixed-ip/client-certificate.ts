import { ConfigurationError } from '../../core/index.ts'

/**
 * Explains a missing client certificate in terms of the gateway's configuration. The client's own error names its options only.
 *
 * @param path beginning with its API: `/v2/secapi/pay/refund`
 * @returns the explained error; any other error as it is
 */
export function explainClientCertificate(error: unknown, mchid: string, path: string): unknown {
  if (!(error instanceof ConfigurationError) || error.code !== 'OPTION_MISSING' || error.option !== 'mtlsFetch')
    return error
  return new ConfigurationError(
    'OPTION_MISSING',
    'WECHATPAY_MTLS',
    `${path} requires the client certificate (双向证书) of the merchant ${mchid}. On Cloudflare bind it under [[mtls_certificates]] in wrangler.toml as WECHATPAY_MTLS, or as WECHATPAY_${mchid}_MTLS if WECHATPAY_MERCHANTS lists the merchant; elsewhere set WECHATPAY_CERTIFICATE and WECHATPAY_PRIVATE_KEY`,
  )
}
