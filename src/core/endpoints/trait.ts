/**
 * What is special about an endpoint and HTTP alone does not say. The generator finds one for every definition that has
 * something special (`generated/traits.ts`); an endpoint without one is plain.
 *
 * Field paths are dotted (`payer.identity.number`); a list on the way is walked through, each of its members, and so is
 * JSON inside a string.
 */
export interface Trait {
  /** The access point that alone serves it, with its path prefix: `https://fraud.mch.weixin.qq.com/`. */
  readonly base?: string
  /** A second access point that serves it as well: `https://apihk.mch.weixin.qq.com/`. */
  readonly alternative?: string
  /** The documented path ends with a slash. */
  readonly slash?: true
  /** The call must present the merchant's client certificate (商户 API 证书, mTLS). */
  readonly mtls?: true
  /** APIv2: the message carries no `nonce_str`. */
  readonly nonceless?: true
  /** APIv2: the definition has a `sign_type`; this is the one sent when the caller names none. */
  readonly signType?: SignType
  /** The answer bears no signature. */
  readonly unsigned?: true
  /** What a 2xx answer holds where it is not the API's own format: bytes, a `Location`, in APIv2 JSON. */
  readonly response?: 'file' | 'redirect' | 'json'
  /** Request body fields sealed for WeChat Pay (RSA-OAEP). */
  readonly seal?: readonly string[]
  /** Query parameters sealed for WeChat Pay (RSA-OAEP). */
  readonly sealQuery?: readonly string[]
  /** APIv2 request fields sealed with the key that `/risk/getpublickey` answers (RSA-OAEP). */
  readonly sealBank?: readonly string[]
  /** Answer fields sealed for the merchant (RSA-OAEP). */
  readonly open?: readonly string[]
  /** Members of an upload's `meta` that the client fills in, where they are not `filename` and `sha256`. */
  readonly meta?: readonly string[]
  /** Answer fields that hold JSON text, an outer one before those within. */
  readonly json?: readonly string[]
  /** APIv3 request body fields that hold JSON text, an outer one after those within. */
  readonly encode?: readonly string[]
  /** APIv3 query parameters that hold JSON text. */
  readonly encodeQuery?: readonly string[]
  /** APIv2 request fields that hold url-encoded text. */
  readonly form?: readonly string[]
}

/** How an APIv2 message is signed: `sign_type`. */
export type SignType = 'MD5' | 'HMAC-SHA256'

/** What is special within a notification's resource. Paths as in {@link Trait}. */
export interface NotificationTrait {
  /** Fields sealed for the merchant (RSA-OAEP), within what the APIv3 key opens. */
  readonly open?: readonly string[]
  /** Fields that hold JSON text. */
  readonly json?: readonly string[]
  /** APIv2: the fields that its message always has, apart from `sign`. */
  readonly required?: readonly string[]
  /** APIv2: the fields of its message that hold elements. No signature covers them. */
  readonly nested?: readonly string[]
}
