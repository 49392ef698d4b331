import type { SignType } from '../v2/signature.ts'

/** What a ledger says has happened; it becomes a notification (支付通知, 退款结果通知 …) to the merchant. */
export interface NotificationDraft {
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
  readonly reference: string
  /** v2: what the order was signed with. Default MD5. */
  readonly sign_type?: SignType | undefined
}

/**
 * What is wrong with a notification, on purpose: `probe` bears a signature of `WECHATPAY/SIGNTEST/` (签名探测流量), `stale`
 * is validly signed for ten minutes ago, `tampered` was changed after it was signed.
 */
export type Flaw = 'probe' | 'stale' | 'tampered'

/** One time that a notification was sent. */
export interface NotificationAttempt {
  /** ms, by the simulated clock */
  readonly at: number
  /** HTTP status of the merchant's answer. */
  readonly status?: number
  /** Why there was no answer. */
  readonly error?: string
  /** What stood in it, cut at 1,024 characters. */
  readonly responseBody?: string
  /** Sent on demand: again, or with what is wrong with it. */
  readonly variant?: 'repeat' | Flaw
}

export interface Notification {
  /** v3: the notification's own `id`; v2 has none on the wire. */
  readonly id: string
  readonly api: 'v3' | 'v2'
  readonly event: string
  readonly url: string
  /** The merchant's number of the thing it is about. */
  readonly reference: string
  /** ms */
  readonly created: number
  readonly state: 'pending' | 'delivered' | 'given-up'
  readonly attempts: readonly NotificationAttempt[]
}
