import type { SignType } from '../v2/signature.ts'

/** A notification to send to the merchant (支付通知, 退款结果通知 …). */
export interface NotificationDraft {
  /** API version that the order, refund or transfer was created with. */
  readonly api: 'v3' | 'v2'
  /** The merchant's `notify_url`. */
  readonly url: string
  /** v3: `event_type`; v2: the name in the definitions' `webhooks`, as `transaction-success`. */
  readonly event: string
  readonly original_type?: string | undefined
  readonly summary?: string | undefined
  /**
   * v3: the plain resource. v2: the fields, including those of `req_info`; nested fields become nested XML, which is not
   * signed. Plain JSON, or JSON text if it contains a number that a double cannot represent.
   */
  readonly resource: object | string
  /** The merchant's number of the order, refund or transfer. */
  readonly reference: string
  /** APIv2: sign type of the order. Default MD5. */
  readonly sign_type?: SignType | undefined
}

/**
 * A defect of a notification: `probe` has a signature that begins `WECHATPAY/SIGNTEST/` (签名探测流量), `stale` is validly
 * signed for ten minutes ago, `tampered` was changed after it was signed.
 */
export type Flaw = 'probe' | 'stale' | 'tampered'

/** An attempt to deliver a notification. */
export interface NotificationAttempt {
  /** ms, by the simulated clock */
  readonly at: number
  /** HTTP status of the merchant's response. */
  readonly status?: number
  /** Reason why there was no response. */
  readonly error?: string
  /** Body of the response, cut at 1,024 characters. */
  readonly responseBody?: string
  /** Set for an attempt on demand: a repetition, or a defective notification. */
  readonly variant?: 'repeat' | Flaw
}

export interface Notification {
  /** APIv3: `id` in the body; an APIv2 notification carries none. */
  readonly id: string
  readonly api: 'v3' | 'v2'
  readonly event: string
  readonly url: string
  /** The merchant's number of the order, refund or transfer. */
  readonly reference: string
  /** ms */
  readonly created: number
  readonly state: 'pending' | 'delivered' | 'given-up'
  readonly attempts: readonly NotificationAttempt[]
}
