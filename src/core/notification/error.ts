import {
  type DecryptionCode,
  type MalformedCode,
  type NotificationCode,
  type SignatureCode,
  WechatpayError,
} from '../errors.ts'

/**
 * A message is not a notification to act on: it is not proven to be WeChat Pay's, not readable, not decryptable, or meant for another
 * merchant. Answer it with {@link refuse}.
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
    // Bodies hold openids and order numbers: a program can read them, a log does not show them.
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body } })
  }
}
