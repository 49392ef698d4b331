import {
  type BrandClientOptions,
  type BrandOptions,
  Wechatpay,
  type WechatpayOptions,
} from '../../../src/core/index.ts'

/** The options of a merchant that a brand's client does not name, so that it would accept them. */
type Forgotten = Exclude<keyof WechatpayOptions, keyof BrandClientOptions>

export const noneForgotten: [Forgotten] extends [never] ? true : Forgotten = true

export function aClientIsForAMerchantOrABrandOrBoth(
  brand: BrandOptions,
  either: WechatpayOptions | BrandClientOptions,
) {
  new Wechatpay({ mchid: '1900000109' })
  new Wechatpay({ mchid: '1900000109', brand })
  new Wechatpay({ brand, timeout: 5000 })
  new Wechatpay(either)
  // @ts-expect-error: the key is of a merchant, who is not named
  new Wechatpay({ brand, apiv3Key: 'key' })
  // @ts-expect-error: neither a merchant nor a brand
  new Wechatpay({ timeout: 5000 })
  // @ts-expect-error: no such option
  new Wechatpay({ mchid: '1900000109', privatekey: '' })
}
