import type { RetryOptions } from '../definitions/call.ts'

/** The options of a client. Each is required only by the calls that use it, whose error names it. */
export interface WechatpayOptions {
  /** Merchant id (商户号), digits. */
  mchid: string
  /**
   * Serial number of the merchant's certificate (商户 API 证书序列号), upper-case hex:
   * `openssl x509 -noout -serial -in apiclient_cert.pem`. APIv3 requires it, or `certificate`, which contains it.
   */
  serial?: string
  /** The merchant's certificate, PEM (`apiclient_cert.pem`). It must match the private key. */
  certificate?: string
  /**
   * The merchant's private key (商户 API 私钥, `apiclient_key.pem`): PEM, PKCS#8 or PKCS#1, not encrypted; or a
   * `CryptoKey` for RSASSA-PKCS1-v1_5 with SHA-256 and usage `sign`.
   */
  privateKey?: string | CryptoKey
  /**
   * If `privateKey` is a `CryptoKey`: the same key for RSA-OAEP with SHA-1 and usage `decrypt`, to decrypt response
   * fields.
   */
  decryptionKey?: CryptoKey
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
  /** Sends the requests. Default: the runtime's */
  fetch?: typeof fetch
  /**
   * Sends the requests that require the merchant's client certificate (mTLS: APIv2 refunds, red packets). The adapters
   * provide one: `wechatpay-edge/node`, `wechatpay-edge/cloudflare`.
   */
  mtlsFetch?: typeof fetch
  /** WebCrypto. Default: the runtime's */
  crypto?: Crypto
  /** The clock, milliseconds since 1970. Default: `Date.now` */
  now?: () => number
  /** Milliseconds per attempt, including its response. Default: 10,000 */
  timeout?: number
  /**
   * The number of attempts, and when to repeat. A number is `{ attempts }`; `false` is one attempt. Default: 3 attempts
   * of calls that are safe to repeat
   */
  retry?: RetryOptions | number | false
  /**
   * Whether to use the access point (接入点) in Hong Kong, `https://apihk.mch.weixin.qq.com/`, for the endpoints that it
   * serves, because it is nearer to overseas merchants; `https://api.mch.weixin.qq.com/` is then their standby.
   * Endpoints that only one access point serves always use that one. Default: false
   */
  hongKong?: boolean
  /** The base URL that replaces every access point (接入点), such as that of a simulator or a proxy. */
  baseUrl?: string
}

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
