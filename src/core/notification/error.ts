import {
  type DecryptionCode,
  type MalformedCode,
  type NotificationCode,
  type SignatureCode,
  WechatpayError,
} from '../errors.ts'

/**
 * Thrown if a message is not a notification to act on: it is not proven to be WeChat Pay's, cannot be read or
 * decrypted, or is for another merchant. Respond with {@link refuse}.
 */
export class NotificationError extends WechatpayError<
  SignatureCode | NotificationCode | MalformedCode | DecryptionCode
> {
  override readonly name: string = 'NotificationError'
  declare readonly headers: Headers
  /** The text as received. */
  declare readonly body: string

  constructor(
    code: NotificationError['code'],
    why: string,
    { headers, body }: { headers: Headers; body: string },
    cause?: unknown,
  ) {
    super(code, `The notification ${why}.`, cause)
    // Not enumerable, so that logs do not show openids and order numbers.
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body } })
  }
}
