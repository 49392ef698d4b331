import type { RetryOptions } from '../../definitions/call.ts'
import type { Signer } from './signer.ts'

/** The private key of a merchant or of a brand, and its certificate. */
export interface KeyOptions {
  /**
   * Serial number of the certificate (商户 API 证书序列号; of a brand, 品牌 API 证书序列号), upper-case hex:
   * `openssl x509 -noout -serial -in apiclient_cert.pem`. APIv3 and the brand API require it, or `certificate`, which contains it.
   */
  serial?: string
  /** The certificate of the merchant, or of the brand, PEM (`apiclient_cert.pem`). It must match the private key. */
  certificate?: string
  /**
   * Its private key (API 私钥, `apiclient_key.pem`): PEM, PKCS#8 or PKCS#1, not encrypted; or a
   * `CryptoKey` for RSASSA-PKCS1-v1_5 with SHA-256 and usage `sign`.
   */
  privateKey?: string | CryptoKey
  /**
   * If `privateKey` is a `CryptoKey`: the same key for RSA-OAEP with SHA-1 and usage `decrypt`, to decrypt response
   * fields.
   */
  decryptionKey?: CryptoKey
  /**
   * Signs and decrypts instead of `privateKey` and `decryptionKey`: for a key that stays in a key management service
   * (KMS), an HSM or another program. With `certificate`, each signature is verified before it is
   * used.
   */
  signer?: Signer
}

/** The options that a client for a merchant and one for a brand have in common. */
export interface SharedOptions {
  /** Sends the requests. Default: the runtime's */
  fetch?: typeof fetch
  /** WebCrypto. Default: the runtime's */
  crypto?: Crypto
  /** The clock, milliseconds since 1970. Default: `Date.now` */
  now?: () => number
  /** Milliseconds per attempt, including its response; a `signer` has the same time before it. Default: 10,000 */
  timeout?: number
  /**
   * The number of attempts, and when to repeat. A number is `{ attempts }`; `false` is one attempt. Default: 3 attempts
   * of calls that are safe to repeat
   */
  retry?: RetryOptions | number | false
  /** The base URL that replaces every access point (接入点), such as that of a simulator or a proxy. */
  baseUrl?: string
}

/** The options of a client. Each is required only by the calls that use it, whose error names it. */
export interface WechatpayOptions extends KeyOptions, SharedOptions {
  /** Merchant id (商户号), digits. */
  mchid: string
  /** APIv3 key (APIv3 密钥), 32 bytes. */
  apiv3Key?: string
  /** APIv2 key (API 密钥). */
  apiv2Key?: string
  /**
   * WeChat Pay's keys as PEM by id: public keys (微信支付公钥) under their `PUB_KEY_ID_…`, platform certificates (平台证书) under
   * their serial. With `apiv3Key`, platform certificates are downloaded from `GET /v3/certificates` when needed: at
   * once if no key is given here; in addition to a public key when a message names a certificate, which happens while a
   * merchant switches from certificates to the public key, and after the switch is stopped (停止更换).
   *
   * Fields are encrypted (敏感信息加密) with the public key if there is one, otherwise with the newest certificate. After
   * returning to certificates for good, remove the public key.
   *
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012154180
   */
  platformKeys?: Readonly<Record<string, string>>
  /**
   * Stores downloaded platform certificates for the next process. The adapters provide a file, Workers KV and Deno KV.
   * A failing cache never fails a call.
   */
  certificateCache?: CertificateCache
  /**
   * The public key that encrypts card numbers and names in APIv2 (付款到银行卡 RSA 公钥), PEM, PKCS#1 or SPKI. Default:
   * downloaded from `POST /risk/getpublickey`, which requires `mtlsFetch`, when a call first needs it
   */
  bankKey?: string
  /**
   * Sends the requests that require the merchant's client certificate (mTLS: APIv2 refunds, red packets). The adapters
   * provide one: `wechatpay-edge/node`, `wechatpay-edge/cloudflare`.
   */
  mtlsFetch?: typeof fetch
  /**
   * Whether to use the access point (接入点) in Hong Kong, `https://apihk.mch.weixin.qq.com/`, for the endpoints that it
   * serves, because it is nearer to overseas merchants; `https://api.mch.weixin.qq.com/` is then their standby.
   * Endpoints that only one access point serves always use that one. Default: false
   */
  hongKong?: boolean
  /** The brand (品牌) of the calls to the brand API, `wxpay.brand.…`, and its keys, none of which are the merchant's. */
  brand?: BrandOptions
}

/**
 * A brand (品牌) and its keys, from the brand platform (品牌经营平台 → 账户管理 → 安全中心).
 *
 * @see https://pay.weixin.qq.com/doc/brand/4015407523
 */
export interface BrandOptions extends KeyOptions {
  /** Brand id (品牌 ID), digits. */
  brandId: string
  /** API key of the brand (品牌 API 密钥), 32 letters and digits. It decrypts notifications. */
  apiKey?: string
  /**
   * WeChat Pay's public key for the brand (微信支付公钥) as PEM by its id, `PUB_KEY_ID_…`. Every call of the brand API needs it:
   * there are no platform certificates (平台证书).
   */
  platformKeys?: Readonly<Record<string, string>>
}

/** The options of a client for a brand without a merchant, which calls only the brand API. */
export interface BrandClientOptions extends SharedOptions {
  /** The brand (品牌) and its keys. */
  brand: BrandOptions
  // The options of a merchant, one by one: a mapped type would be evaluated in every program that creates a client.
  mchid?: undefined
  serial?: undefined
  certificate?: undefined
  privateKey?: undefined
  decryptionKey?: undefined
  signer?: undefined
  apiv3Key?: undefined
  apiv2Key?: undefined
  platformKeys?: undefined
  certificateCache?: undefined
  bankKey?: undefined
  mtlsFetch?: undefined
  hongKong?: undefined
}

/** The options of either kind of client. */
export type ClientOptions = BrandClientOptions | WechatpayOptions

/** Default of `timeout`, milliseconds. */
export const DEFAULT_TIMEOUT = 10_000

/**
 * Milliseconds after which cached platform certificates (平台证书) expire: WeChat Pay requires a download at least every 12
 * hours.
 *
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay/ch/fusion_wallet_ch/MiniProgramPay/chapter8_7.shtml
 */
export const MAX_CERTIFICATE_AGE: number = 11 * 60 * 60 * 1000

/**
 * A cache of platform certificates (平台证书). It stores the response of `GET /v3/certificates` as received, encrypted, so
 * that only a holder of the APIv3 key can create one: an attacker who can write to the cache can remove WeChat Pay's
 * keys but not replace them. Entries should expire within 12 hours, as WeChat Pay recommends.
 */
export interface CertificateCache {
  /** Returns the last text that was set; nothing if there is none or it has expired. */
  get(): Promise<string | null | undefined>
  set(text: string): Promise<void>
}
