/** The API that a merchant or a brand signs requests of: APIv3, or the brand API (品牌 API). */
export type SignedApi = 'v3' | 'brand'

/** The merchant or the brand that signs requests. */
export interface Signer {
  readonly api: SignedApi
  /** The merchant id (商户号), or the brand id (品牌 ID). */
  readonly id: string
  /** Serial number of the certificate. */
  readonly serial: string
}

/** The signature scheme of each API, and the parameter of `Authorization` with the {@link Signer.id}. */
export const SCHEMES: Readonly<Record<SignedApi, { readonly name: string; readonly id: string }>> = {
  v3: { name: 'WECHATPAY2-SHA256-RSA2048', id: 'mchid' },
  brand: { name: 'WECHATPAY-BRAND-SHA256-RSA2048', id: 'brand_id' },
}
