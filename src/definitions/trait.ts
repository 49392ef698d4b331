/**
 * Traits of an endpoint that HTTP alone does not show, generated from the definitions (`generated/traits.ts`). Most
 * endpoints have none.
 *
 * Field paths are dotted (`payer.identity.number`) and pass through the members of lists and through JSON in strings.
 */
export interface Trait {
  /** The only access point that serves the endpoint, with its path prefix: `https://fraud.mch.weixin.qq.com/`. */
  readonly base?: string
  /** A second access point that serves the endpoint as well: `https://apihk.mch.weixin.qq.com/`. */
  readonly alternative?: string
  /** The documented path ends with a slash. */
  readonly slash?: true
  /** The call must present the merchant's client certificate (商户 API 证书, mTLS). */
  readonly mtls?: true
  /** APIv2: the message has no `nonce_str`. */
  readonly nonceless?: true
  /** APIv2: the `sign_type` to send if the caller names none; only for definitions that have the field. */
  readonly signType?: SignType
  /** The response has no signature. */
  readonly unsigned?: true
  /** Format of a 2xx response other than the API's own: bytes, a `Location`, or JSON in APIv2. */
  readonly response?: 'file' | 'redirect' | 'json'
  /** Request body fields encrypted for WeChat Pay (RSA-OAEP); an APIv2 message names the key in `cert_sn`. */
  readonly encrypt?: readonly string[]
  /** Query parameters encrypted for WeChat Pay (RSA-OAEP). */
  readonly encryptQuery?: readonly string[]
  /** APIv2 request fields encrypted with the key of `/risk/getpublickey` (RSA-OAEP). */
  readonly encryptForBank?: readonly string[]
  /** Response fields encrypted for the merchant (RSA-OAEP). */
  readonly decrypt?: readonly string[]
  /** Members of an upload's `meta` that the client fills in, unless they are `filename` and `sha256`. */
  readonly meta?: readonly string[]
  /** Response fields that hold JSON text, outer ones first. */
  readonly json?: readonly string[]
  /** APIv3 request body fields that hold JSON text, inner ones first. */
  readonly encode?: readonly string[]
  /** APIv3 query parameters that hold JSON text. */
  readonly encodeQuery?: readonly string[]
  /** APIv2 request fields that hold url-encoded text. */
  readonly form?: readonly string[]
}

/** The signature algorithm of an APIv2 message: `sign_type`. */
export type SignType = 'MD5' | 'HMAC-SHA256'

/** The traits of a notification's resource. Paths as in {@link Trait}. */
export interface NotificationTrait {
  /** Fields encrypted for the merchant (RSA-OAEP), within the text that the APIv3 key decrypts. */
  readonly decrypt?: readonly string[]
  /** Fields that hold JSON text. */
  readonly json?: readonly string[]
  /** APIv2: the fields that its message always has, except `sign`. */
  readonly required?: readonly string[]
  /** APIv2: the fields of its message that hold elements, which no signature covers. */
  readonly nested?: readonly string[]
}
