import { base64, fromBase64 } from '../bytes.ts'
import { invalidBody } from '../errors.ts'

/**
 * Holds a value that is encrypted already (敏感信息密文) and is sent unchanged. `encrypted()` makes one from a ciphertext,
 * `wxpay.encrypt()` from a text.
 */
export class EncryptedField {
  /** RSA-OAEP with SHA-1, base64. */
  readonly ciphertext: string
  /** The id of WeChat Pay's key that it is encrypted with: `PUB_KEY_ID_…`, or a certificate's serial. */
  readonly serial: string | undefined
  // A private member makes the type nominal: an object with the same properties does not pass for one.
  declare private readonly made: true

  constructor(ciphertext: string, serial: string | undefined) {
    this.ciphertext = ciphertext
    this.serial = serial
  }
}

/**
 * Passes through a value that was encrypted before: by a front end, in a database, in a key vault.
 *
 * @param ciphertext base64 of RSA-OAEP with SHA-1
 * @param serial the id of WeChat Pay's key that it was encrypted with: `PUB_KEY_ID_…`, or a certificate's serial. The request
 * names it in `Wechatpay-Serial`, so that all that is encrypted in one request is encrypted with one key. APIv3 needs it.
 * @throws {CallError} `BODY_INVALID` when the ciphertext is not base64, or the serial no text
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053264
 * @example
 * ```ts
 * await wxpay.v3.profitsharing.receivers.add.post({
 *   appid, type: 'MERCHANT_ID', account, relation_type: 'STORE', name: encrypted(ciphertext, 'PUB_KEY_ID_0…'),
 * })
 * ```
 */
export function encrypted(ciphertext: string, serial?: string): EncryptedField {
  let text = ''
  try {
    if (typeof ciphertext === 'string') text = base64(fromBase64(ciphertext))
  } catch {}
  if (!text) throw invalidBody('ciphertext', 'not base64')
  if (serial !== undefined && typeof serial !== 'string') throw invalidBody('serial', 'give text, or leave it out')
  return new EncryptedField(text, serial?.toUpperCase())
}
