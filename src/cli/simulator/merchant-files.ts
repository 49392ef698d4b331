import { examples } from '../../simulator/examples.ts'
import type { MerchantView, SimulatedBrand, SimulatedMerchant } from '../../simulator/index.ts'
import type { Files } from './folder.ts'
import { KEYS_FILE } from './keys-ahead.ts'
import type { TlsCertificate } from './tls-certificate.ts'

export const TLS_FILES = { ca: 'ca.pem', cert: 'tls_cert.pem', key: 'tls_key.pem' } as const satisfies Record<
  keyof TlsCertificate,
  string
>

const NAMES: ReadonlySet<string> = new Set([
  'apiclient_key.pem',
  'apiclient_cert.pem',
  'apiclient_cert.p12',
  'apiclient_serial.txt',
  'apiv3_key.txt',
  'apiv2_key.txt',
  'pub_key.pem',
  'pub_key_id.txt',
  'brand_apiclient_key.pem',
  'brand_apiclient_cert.pem',
  'brand_apiclient_serial.txt',
  'brand_api_key.txt',
  'brand_pub_key.pem',
  'brand_pub_key_id.txt',
  ...Object.values(TLS_FILES),
  'sub_mchid.txt',
  'openid.txt',
  '.env',
  '.gitignore',
  KEYS_FILE,
])

/** Returns whether the simulator writes files of this name. */
export const isMerchantFile = (name: string): boolean => NAMES.has(name) || /^wechatpay_[\dA-F]{40}\.pem$/.test(name)

/** The parts of a merchant that its files hold. */
export type MerchantDescription = Pick<MerchantView, 'merchant' | 'brand' | 'subMchids' | 'certificates'>

/** The server that the files of a merchant describe. */
export interface ServerDescription {
  readonly url: string
  /** The certificate of HTTPS, or only its authority's. */
  readonly tls: Partial<TlsCertificate> | undefined
}

/**
 * Returns a sub-merchant that a merchant may call for.
 *
 * @returns undefined if it may call for none, as a direct merchant
 */
export const subMerchantOf = ({ subMchids }: Pick<MerchantDescription, 'subMchids'>): string | undefined =>
  subMchids ? subMchids[0] : examples.sub_mchid

/**
 * Returns `.env` and the files that a merchant downloads from the merchant platform (商户平台), with the names they have
 * there.
 */
export async function merchantFiles(view: MerchantDescription, { url, tls }: ServerDescription): Promise<Files> {
  // Loaded here, because its library takes longer to load than a simulator without a folder takes to start.
  const { writePkcs12 } = await import('./pkcs12.ts')
  const { merchant, brand, certificates } = view
  const sub_mchid = subMerchantOf(view)
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
    ...(brand && brandFiles(brand)),
    ...Object.fromEntries(Object.entries(certificates).map(([id, pem]) => [`wechatpay_${id}.pem`, pem])),
    ...(tls &&
      Object.fromEntries(
        Object.entries(tls).map(([part, content]) => [TLS_FILES[part as keyof TlsCertificate], content]),
      )),
    ...(sub_mchid !== undefined && { 'sub_mchid.txt': sub_mchid }),
    'openid.txt': examples.openid,
    '.env': environment(merchant, brand, url),
    // Keys do not belong in a repository, not even simulated ones.
    '.gitignore': '*\n',
  }
}

/** Returns the files that a brand downloads from its platform (品牌经营平台), beside those of the merchant. */
function brandFiles({ serial, privateKey, certificate, apiKey, platformKeys }: SimulatedBrand): Files {
  const [publicKeyId, publicKey] = Object.entries(platformKeys)[0]!
  return {
    'brand_apiclient_key.pem': privateKey,
    'brand_apiclient_cert.pem': certificate,
    'brand_apiclient_serial.txt': serial,
    'brand_api_key.txt': apiKey,
    'brand_pub_key.pem': publicKey,
    'brand_pub_key_id.txt': publicKeyId,
  }
}

/**
 * Returns `.env` with the variables of src/adapters/environment.ts, and with the appid, which shops need. PEM is on one line,
 * which every parser of such files accepts.
 */
function environment(
  { appid, ...merchant }: SimulatedMerchant,
  brand: SimulatedBrand | undefined,
  url: string,
): string {
  const [[brandKeyId, brandKey] = []] = Object.entries(brand?.platformKeys ?? {})
  const [[publicKeyId, publicKey] = []] = Object.entries(merchant.platformKeys)
  const variables = {
    WECHATPAY_APPID: appid,
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_SERIAL: merchant.serial,
    WECHATPAY_PRIVATE_KEY: merchant.privateKey,
    WECHATPAY_CERTIFICATE: merchant.certificate,
    WECHATPAY_APIV3_KEY: merchant.apiv3Key,
    WECHATPAY_APIV2_KEY: merchant.apiv2Key,
    WECHATPAY_PUBLIC_KEY_ID: publicKeyId,
    WECHATPAY_PUBLIC_KEY: publicKey,
    WECHATPAY_BRAND_ID: brand?.brandId,
    WECHATPAY_BRAND_SERIAL: brand?.serial,
    WECHATPAY_BRAND_PRIVATE_KEY: brand?.privateKey,
    WECHATPAY_BRAND_CERTIFICATE: brand?.certificate,
    WECHATPAY_BRAND_API_KEY: brand?.apiKey,
    WECHATPAY_BRAND_PUBLIC_KEY_ID: brandKeyId,
    WECHATPAY_BRAND_PUBLIC_KEY: brandKey,
    WECHATPAY_BASE_URL: url,
  }
  const lines = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.trim().replaceAll('\n', '\\n')}"`],
  )
  return ['# WeChat Pay simulated by wechatpay-edge.', ...lines, ''].join('\n')
}
