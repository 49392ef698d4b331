import type { SignType } from '../v2/signature.ts'

/** What a ledger says has happened; it becomes a notification (支付通知, 退款结果通知 …) to the merchant. */
export interface Announcement {
  /** As the thing it is about was placed: what came through APIv3 is notified as APIv3. */
  readonly api: 'v3' | 'v2'
  /** The merchant's `notify_url`. */
  readonly url: string
  /** v3: `event_type`; v2: the name in the definitions' `webhooks`, as `transaction-success`. */
  readonly event: string
  /** v3; by default as the service has it for the event. */
  readonly original_type?: string | undefined
  /** v3; by default as the service has it for the event. */
  readonly summary?: string | undefined
  /**
   * v3: the plain resource. v2: the fields, those of `req_info` among them; what has fields in turn is written as nested
   * XML, which is not signed. Plain JSON, or the text of it where a number in it is longer than a double holds.
   */
  readonly resource: object | string
  /** The merchant's number of the thing it is about. */
  readonly about: string
  /** v2: what the order was signed with. Default MD5. */
  readonly sign_type?: SignType | undefined
}
