import type { Api } from '../../definitions/call.ts'

/** An API whose calls are signed with a private key. */
export type SigningApi = Exclude<Api, 'v2'>

/** How the accounts of an API differ from those of the other: a merchant's of APIv3, a brand's of the brand API. */
interface SigningApiFacts {
  /** The signature scheme of `Authorization`. */
  readonly scheme: string
  /** The name of the account's id in `Authorization`. */
  readonly idName: string
  /** Prefix of the names of the account's options. */
  readonly optionPrefix: string
  /** The option of the key that decrypts notifications, and its official name. */
  readonly notificationKey: readonly [option: string, what: string]
  /** The place where WeChat Pay shows its public key. */
  readonly publicKeyPlace: string
  /** Whether WeChat Pay may sign with platform certificates (平台证书), which are downloaded with the APIv3 key. */
  readonly hasCertificates: boolean
}

/** @see https://pay.weixin.qq.com/doc/brand/4015597833 */
export const SIGNING_APIS: Readonly<Record<SigningApi, SigningApiFacts>> = {
  v3: {
    scheme: 'WECHATPAY2-SHA256-RSA2048',
    idName: 'mchid',
    optionPrefix: '',
    notificationKey: ['apiv3Key', 'the APIv3 key (APIv3 密钥)'],
    publicKeyPlace: '商户平台 → API 安全 → 微信支付公钥',
    hasCertificates: true,
  },
  brand: {
    scheme: 'WECHATPAY-BRAND-SHA256-RSA2048',
    idName: 'brand_id',
    optionPrefix: 'brand.',
    notificationKey: ['apiKey', 'the API key of the brand (品牌 API 密钥)'],
    publicKeyPlace: '品牌经营平台 → 账户管理 → 安全中心 → 微信支付公钥',
    hasCertificates: false,
  },
}
