import { parseXml, type XmlFields } from '../core/codec/xml.ts'
import { decryptEcb, decryptGcm, type GcmCiphertext, importEcbKey } from '../core/crypto/aes.ts'
import { md5 } from '../core/crypto/digest.ts'
import { importPrivateKey } from '../core/crypto/keys.ts'
import { sign as signText } from '../core/crypto/rsa.ts'
import { SignatureError } from '../core/index.ts'
import { createAccount } from '../core/options/account.ts'
import { createPlatformKeys } from '../core/protocol/platform-keys.ts'
import type { CreateSignatureError } from '../core/protocol/response.ts'
import * as v2 from '../core/protocol/v2.ts'
import { verifySigned } from '../core/protocol/v3.ts'
import type { SignType } from '../definitions/trait.ts'

/** A saved message of WeChat Pay: a response or a notification. */
export interface SavedMessage {
  /** The headers, including the four `Wechatpay-…` ones. */
  headers: HeadersInit
  /** The body, byte for byte. */
  body: string
}

/**
 * Verifies an APIv3 response or notification; the error tells which step failed.
 *
 * @param platformKeys PEM by id, like the option of `Wechatpay`
 * @param now the time of arrival, milliseconds since 1970. Default: the message's own `Wechatpay-Timestamp`, because
 * saved messages are old
 * @returns the id of the key that verifies the message
 * @throws {SignatureError} its `code` tells which step failed
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053420
 * @example
 * ```ts
 * await verify({ headers: { 'Wechatpay-Serial': 'PUB_KEY_ID_…', … }, body }, { 'PUB_KEY_ID_…': pem })
 * ```
 */
export async function verify(
  { headers: given, body }: SavedMessage,
  platformKeys: Readonly<Record<string, string>>,
  now?: number,
): Promise<string> {
  const headers = new Headers(given)
  const clock = now ?? Number(headers.get('wechatpay-timestamp')) * 1000
  const account = createAccount({ mchid: '0', now: () => clock })
  const { verifier } = createPlatformKeys(platformKeys, undefined, account)
  const createError: CreateSignatureError = (code, why, cause) =>
    new SignatureError(code, `Not proven to be WeChat Pay's: ${why}.`, { status: 200, headers, body }, false, cause)
  return verifySigned({ headers, body }, createError, account, verifier)
}

/**
 * Decrypts a value that WeChat Pay encrypted with the APIv3 key: the `resource` of a notification, an `encrypt_certificate`.
 *
 * @param apiv3Key 32 bytes
 * @throws {DecryptionError}
 * @throws {ConfigurationError} `OPTION_INVALID`: the APIv3 key has another length
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * const transaction = parseJson(await decrypt(notification.resource, apiv3Key))
 * ```
 */
export async function decrypt(encrypted: GcmCiphertext, apiv3Key: string): Promise<string> {
  return decryptGcm(encrypted, await createAccount({ mchid: '0', apiv3Key }).notificationKey())
}

/**
 * Decrypts the `req_info` of an APIv2 refund notification.
 *
 * @param encrypted base64
 * @throws {DecryptionError}
 * @throws {ConfigurationError} `OPTION_INVALID`, `OPTION_MISSING`: the APIv2 key is not text
 * @example
 * ```ts
 * const { out_refund_no } = await decryptRefund(parseXml(body).req_info, apiv2Key)
 * ```
 */
export async function decryptRefund(encrypted: string, apiv2Key: string): Promise<XmlFields> {
  const key = createAccount({ mchid: '0', apiv2Key }).apiv2Key()
  return parseXml(await decryptEcb(encrypted, await importEcbKey(md5(key))))
}

/**
 * Signs lines as APIv3 requires, to compare with the signature of a server: the five lines of a request, the four of a payment. **Only
 * for local debugging: a private key does not belong in a web page that others open.**
 *
 * @param lines each without its `\n`
 * @param privateKey PEM
 * @returns the signed text, and the signature in base64
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`, `PEM_ENCRYPTED`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 * @example
 * ```ts
 * const { signature } = await sign(['GET', '/v3/certificates', timestamp, nonce, ''], privateKey)
 * ```
 */
export async function sign(
  lines: readonly string[],
  privateKey: string,
): Promise<{ message: string; signature: string }> {
  const message = lines.map(line => `${line}\n`).join('')
  const { sign: key } = await importPrivateKey(privateKey, 'privateKey', crypto)
  return { message, signature: await signText(message, key) }
}

/**
 * Signs fields as APIv2 requires, to compare with the signature of a server. **Only for local debugging: an APIv2 key does not
 * belong in a web page that others open.**
 *
 * @param fields `sign` and empty fields are ignored
 * @param type default: `MD5`
 * @returns upper-case hex
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 * @example
 * ```ts
 * const sign = await signFields({ appid, mch_id, nonce_str }, apiv2Key, 'HMAC-SHA256')
 * ```
 */
export async function signFields(fields: XmlFields, apiv2Key: string, type: SignType = 'MD5'): Promise<string> {
  return v2.signFields(fields, type, createAccount({ mchid: '0', apiv2Key }))
}
