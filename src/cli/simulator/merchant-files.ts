import { examples } from '../../simulator/examples.ts'
import type { SimulatedMerchant } from '../../simulator/index.ts'
import type { Files } from './folder.ts'
import { writePkcs12 } from './pkcs12.ts'
import type { TlsCertificate } from './tls-certificate.ts'

export const TLS_FILES = { ca: 'ca.pem', cert: 'tls_cert.pem', key: 'tls_key.pem' } as const satisfies Record<
  keyof TlsCertificate,
  string
>

export interface MerchantFiles {
  readonly merchant: SimulatedMerchant
  /** WeChat Pay's platform certificates by serial, PEM. */
  readonly certificates: Readonly<Record<string, string>>
  readonly tls: TlsCertificate | undefined
  readonly url: string
}

/**
 * Returns `.env` and the files that a merchant downloads from the merchant platform (商户平台), with the names they have
 * there.
 */
export function merchantFiles({ merchant, certificates, tls, url }: MerchantFiles): Files {
  const { mchid, serial, privateKey, certificate, apiv3Key, apiv2Key, platformKeys } = merchant
  const [[publicKeyId, publicKey] = []] = Object.entries(platformKeys)
  return {
    'apiclient_key.pem': privateKey,
    'apiclient_cert.pem': certificate,
    'apiclient_cert.p12': writePkcs12(certificate, privateKey, mchid),
    'apiclient_serial.txt': serial,
    'apiv3_key.txt': apiv3Key,
    'apiv2_key.txt': apiv2Key,
    ...(publicKey && publicKeyId && { 'pub_key.pem': publicKey, 'pub_key_id.txt': publicKeyId }),
    ...Object.fromEntries(Object.entries(certificates).map(([serial, pem]) => [`wechatpay_${serial}.pem`, pem])),
    ...(tls &&
      Object.fromEntries(Object.entries(TLS_FILES).map(([part, name]) => [name, tls[part as keyof TlsCertificate]]))),
    'sub_mchid.txt': examples.sub_mchid,
    'openid.txt': examples.openid,
    '.env': environment(merchant, url),
    // Keys do not belong in a repository, not even simulated ones.
    '.gitignore': '*\n',
  }
}

/**
 * Returns `.env` with the variables of src/adapters/environment.ts. PEM is on one line, which every parser of such
 * files accepts.
 */
function environment({ appid, ...merchant }: SimulatedMerchant, url: string): string {
  const [[publicKeyId, publicKey] = []] = Object.entries(merchant.platformKeys)
  const variables = {
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_SERIAL: merchant.serial,
    WECHATPAY_PRIVATE_KEY: merchant.privateKey,
    WECHATPAY_CERTIFICATE: merchant.certificate,
    WECHATPAY_APIV3_KEY: merchant.apiv3Key,
    WECHATPAY_APIV2_KEY: merchant.apiv2Key,
    WECHATPAY_PUBLIC_KEY_ID: publicKeyId,
    WECHATPAY_PUBLIC_KEY: publicKey,
    WECHATPAY_BASE_URL: url,
  }
  const lines = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.trim().replaceAll('\n', '\\n')}"`],
  )
  return [`# WeChat Pay simulated by wechatpay-edge; the appid is ${appid}.`, ...lines, ''].join('\n')
}
