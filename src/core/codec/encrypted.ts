import { base64, fromBase64 } from '../base/bytes.ts'
import { invalidBody } from '../base/errors.ts'

/**
 * An encrypted value (敏感信息密文), which is sent unchanged in an encrypted field. Created by `encrypted()` from a
 * ciphertext and by `wxpay.encrypt()` from text.
 */
export class EncryptedField {
  /** RSA-OAEP with SHA-1, base64. */
  readonly ciphertext: string
  /** Id of WeChat Pay's key that encrypted it: `PUB_KEY_ID_…`, or the serial of a certificate. */
  readonly serial: string | undefined
  // A private member makes the type nominal: an object with the same properties does not pass for one.
  declare private readonly made: true

  constructor(ciphertext: string, serial: string | undefined) {
    this.ciphertext = ciphertext
    this.serial = serial
  }
}

/**
 * Creates the value of an encrypted field from a ciphertext, such as one that a browser or a key vault has encrypted.
 *
 * @param ciphertext base64 of RSA-OAEP with SHA-1
 * @param serial id of WeChat Pay's key that encrypted it: `PUB_KEY_ID_…`, or the serial of a certificate. Required by
 * APIv3, whose requests name it in `Wechatpay-Serial`; all fields of a request must be encrypted with the same key.
 * @throws {CallError} `BODY_INVALID`: the ciphertext is not base64, or the serial is not a string
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
