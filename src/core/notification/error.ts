import {
  type DecryptionCode,
  type MalformedCode,
  type NotificationCode,
  type SignatureCode,
  WechatpayError,
} from '../errors.ts'

/**
 * A message came that is no notification to act on: not proven to be WeChat Pay's, not readable, not to be opened, or another
 * merchant's. Answer it with {@link refuse}.
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
    // Bodies hold openids and order numbers: reachable for who asks, absent from logs.
    Object.defineProperties(this, { headers: { value: headers }, body: { value: body } })
  }
}
